import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { beforeAll, expect, it, vi } from 'vitest';
import { startRedis } from '#scripts/services/redis.ts';
import { freePort } from '#scripts/services/server.ts';
import { figure } from '#test/support/figures.ts';
import { atTheEnd, startWorld, type World } from '#test/support/stack.ts';
import { mixed, untilAllHasEnded, wrongEndings } from './endings.ts';
import { p99, startUpstream, type Upstream } from './steady-upstream.ts';
import { scrape, total } from './worker-metrics.ts';

// The memory of a real redis-server is full under `noeviction`, for longer than a job's retries last; then its policy is a wrong one.

const FULL_MS = 60_000;
const WAIT = { timeout: 60_000, interval: 250 };

let redis: Redis;
let world: World;
let upstream: Upstream;
let clockPort: number;

const ready = async (query = ''): Promise<{ status: number; checks: Record<string, { reason?: string }> }> => {
  const { status, body } = await world.request('GET', `/readyz${query}`);
  return { status, checks: body.checks };
};

beforeAll(async () => {
  const server = await startRedis();
  atTheEnd(server.stop);
  redis = new Redis(server.url);
  atTheEnd(async () => redis.disconnect());
  clockPort = await freePort();
  world = await startWorld({ redisUrl: server.url, scale: 60, processes: ['web', 'worker'] });
  await world.startAgain({ processes: ['clock'], env: { METRICS_PORT: String(clockPort) } });
  upstream = startUpstream(world, 500, mixed);
  await vi.waitUntil(() => upstream.accepted.length > 10, WAIT);
}, 120_000);

it('row 10: at maxmemory the API accepts as ever, the operator is woken, and readiness says why', async () => {
  const used = Number(/^used_memory:(\d+)/m.exec(await redis.info('memory'))?.[1]);
  await redis.config('SET', 'maxmemory', String(used + 20_000));
  await expect(untilRefused()).resolves.toMatch(/^OOM /);
  const began = performance.now();
  const before = upstream.heard.length;
  await expect.poll(async () => total(await scrape(clockPort), 'alerts_total', 'redis_refuses_writes'), WAIT).toBeGreaterThan(0);
  figure(10, 'memory full: the alert after', ((performance.now() - began) / 1000).toFixed(1), 's');
  // Jobs that end give a little memory back, for a moment.
  await expect
    .poll(() => ready(), WAIT)
    .toMatchObject({ status: 503, checks: { redis: { reason: 'takes no writes: its memory is full' } } });
  // A load balancer leaves Redis out: the API still works.
  expect(await ready('?exclude=redis,redis_policy,redis_version')).toMatchObject({ status: 200 });
  await delay(Math.max(0, FULL_MS - (performance.now() - began)));
  const heard = upstream.heard.slice(before);
  expect(new Set(heard.map(({ status }) => status))).toEqual(new Set([202]));
  figure(10, 'memory full: accepted meanwhile', heard.length);
  figure(10, 'memory full: submissions, p99', p99(heard).toFixed(0), 'ms');
}, 210_000);

it('row 10: everything goes on when there is memory again', async () => {
  await redis.config('SET', 'maxmemory', '0');
  await upstream.stop();
  const { seconds, undone } = await untilAllHasEnded(world, 180_000);
  expect(undone).toEqual([]);
  const wrong = await wrongEndings(world, upstream.accepted);
  figure(10, 'memory full: all ended, after there was room', seconds.toFixed(0), 's');
  figure(10, 'memory full: deliveries through', upstream.accepted.length);
  figure(10, 'memory full: lost or doubled', wrong.length);
  expect(wrong).toEqual([]);
  const callbacks = world.simulator.log.entries({ kind: 'callback' }).map(({ status }) => Number(status));
  expect(callbacks.filter((status) => status >= 300)).toEqual([]);
}, 210_000);

it('row 10: a policy that evicts makes the installation not ready', async () => {
  await redis.config('SET', 'maxmemory-policy', 'allkeys-lru');
  expect(await ready()).toMatchObject({
    status: 503,
    checks: { redis_policy: { reason: 'maxmemory-policy is allkeys-lru, must be noeviction' } },
  });
  await redis.config('SET', 'maxmemory-policy', 'noeviction');
  expect(await ready()).toMatchObject({ status: 200 });
});

/** Redis's own words when it takes no write any more. */
async function untilRefused(): Promise<string> {
  for (;;) {
    const refusal = await redis.set('probe', 'x').then(
      () => null,
      (error: unknown) => (error as Error).message,
    );
    if (refusal) return refusal;
    await delay(50);
  }
}
