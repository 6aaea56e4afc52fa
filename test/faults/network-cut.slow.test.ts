import { setTimeout as delay } from 'node:timers/promises';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { figure } from '#test/support/figures.ts';
import { atTheEnd, startWorld, type World } from '#test/support/stack.ts';
import { startTcpProxy, type TcpProxy } from '#test/support/tcp-proxy.ts';
import { apologised, mixed, untilAllHasEnded, wrongEndings } from './endings.ts';
import { startUpstream, type Upstream } from './steady-upstream.ts';

// The sockets between our processes and each of MongoDB, Redis, Twilio, OpenAI and S3 go through a proxy of the test's own, which cuts
// them one after the other under load: with RST, with silence (a black hole), and by a third of a second of latency each way.

/** By the setting that names the server. */
const servers = {
  MongoDB: 'MONGODB_URI',
  Redis: 'REDIS_URL',
  Twilio: 'TWILIO_API_URL',
  OpenAI: 'OPENAI_BASE_URL',
  S3: 'S3_ENDPOINT',
} as const;
type Server = keyof typeof servers;

const ways = {
  'is cut with RST': { begin: (proxy: TcpProxy) => proxy.reset(), ms: 3000 },
  'is a black hole': { begin: (proxy: TcpProxy) => proxy.blackHole(), ms: 5000 },
  'is slow': { begin: (proxy: TcpProxy) => proxy.latency(300), ms: 4000 },
};
type Way = keyof typeof ways;

let world: World;
let upstream: Upstream;
const proxies = {} as Record<Server, TcpProxy>;

beforeAll(async () => {
  // Started without processes, to learn where the servers are.
  world = await startWorld({ scale: 60, processes: [], env: { TWILIO_CPS: '50' } });
  const env: Record<string, string> = {};
  for (const [server, setting] of Object.entries(servers) as [Server, string][]) {
    const uri = String(world.env[setting]);
    const proxy = await startTcpProxy({ port: Number(new URL(uri).port) });
    atTheEnd(proxy.close);
    proxies[server] = proxy;
    env[setting] = proxy.addressOf(uri);
  }
  await world.startAgain({ env });
  upstream = startUpstream(world, 250, mixed);
  await vi.waitUntil(() => upstream.accepted.length > 5, { timeout: 60_000 });
}, 120_000);

describe.each(Object.keys(servers) as Server[])('rows 7, 8, 12, 13, 19, 21, 22: the way to %s', (server) => {
  it.each(Object.keys(ways) as Way[])(
    '%s, and comes back',
    async (way) => {
      const before = upstream.heard.length;
      const begun = performance.now();
      await ways[way].begin(proxies[server]);
      await delay(ways[way].ms);
      await proxies[server].pass();
      const back = performance.now();
      const accepted = () => upstream.heard.slice(before).find(({ status, at }) => status === 202 && at > back);
      await vi.waitUntil(accepted, { timeout: 60_000 });
      figure(8, `the way to ${server} ${way}: orders accepted again after`, (((accepted()?.at ?? back) - back) / 1000).toFixed(1), 's');
      // Only MongoDB is needed to accept. What its own fault left behind (keys in use) is heard of later, and a machine may be short of breath.
      const during = upstream.heard.filter(({ begunAt }) => begunAt > begun);
      const share = during.filter(({ status }) => status === 202).length / during.length;
      if (server !== 'MongoDB') expect(share).toBeGreaterThan(0.9);
    },
    90_000,
  );
});

it('in the end everything has its ending, nothing is lost and nobody was called twice', async () => {
  await upstream.stop();
  const { seconds, undone } = await untilAllHasEnded(world, 240_000);
  expect(undone).toEqual([]);
  const wrong = await wrongEndings(world, upstream.accepted);
  figure(12, 'network cut 15 times: deliveries through', upstream.accepted.length);
  figure(12, 'network cut 15 times: lost or doubled', wrong.length);
  figure(12, 'network cut 15 times: customers who heard an apology', apologised(world).size);
  figure(12, 'network cut 15 times: all ended after the last order', seconds.toFixed(0), 's');
  expect(wrong).toEqual([]);
}, 300_000);

it('upstream heard 202, 200, 409 of a key in use, or 503, and nothing else', () => {
  const statuses = new Set(upstream.heard.map(({ status }) => status));
  const failures = world.complaints.filter((line) => line.includes('request failed'));
  expect(
    [...statuses].filter((status) => ![200, 202, 409, 503].includes(status)),
    failures.join('\n'),
  ).toEqual([]);
});
