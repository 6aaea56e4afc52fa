import { setTimeout as delay } from 'node:timers/promises';
import { beforeAll, expect, it } from 'vitest';
import { createProducer, type Producer } from '#queues/producer.ts';
import { makeOwnFolder, removeFolder, servicesFolder } from '#scripts/services/folders.ts';
import { startRedis, type RunningRedis } from '#scripts/services/redis.ts';
import { freePort } from '#scripts/services/server.ts';
import { createRedis } from '#src/platform/redis.ts';
import { figure } from '#test/support/figures.ts';
import { jsonLog } from '#test/support/json-log.ts';
import { atTheEnd, startWorld, type World } from '#test/support/stack.ts';
import { mixed, untilAllHasEnded, wrongEndings } from './endings.ts';
import { aNotification, probe, probedQueues } from './probe-jobs.ts';
import { p99, startUpstream, type Upstream } from './steady-upstream.ts';
import { scrape, total } from './worker-metrics.ts';

// redis-server (append-only file, fsync every second) is killed with -9 under load, stays away long enough for every client's pause
// between attempts to reach its longest, and is started again on its port with its data. No process of ours is restarted.

const AWAY_MS = 15_000;
const BOUND_SECONDS = 25;
/** So far ahead that no probe becomes due in this test. */
const LATER_MS = 3_600_000;

let redis: RunningRedis;
let world: World;
let upstream: Upstream;
let producer: Producer;
const workerPorts: number[] = [];
const acked: ReturnType<typeof aNotification>[] = [];
let refused = 0;

const worked = async (): Promise<number[][]> =>
  Promise.all(
    workerPorts.map(async (port) => {
      const samples = await scrape(port);
      return probedQueues.map((queue) => total(samples, 'jobs_total', `queue="${queue}"`));
    }),
  );

/** Adds probes until each queue of each worker has run one more. Resolves with the seconds. */
async function untilAllWork(): Promise<number> {
  const began = performance.now();
  const before = await worked();
  for (;;) {
    await probe(producer, 20).catch(() => undefined);
    const now = await worked();
    const seconds = (performance.now() - began) / 1000;
    if (now.every((queues, worker) => queues.every((runs, queue) => runs > (before[worker]?.[queue] ?? 0))) || seconds > 60) return seconds;
    await delay(100);
  }
}

beforeAll(async () => {
  const dataDir = await makeOwnFolder(servicesFolder, 'redis-of-a-story');
  atTheEnd(() => removeFolder(dataDir));
  redis = await startRedis({ dataDir });
  atTheEnd(() => redis.stop());
  world = await startWorld({ redisUrl: redis.url, scale: 60, processes: ['web', 'clock'] });
  for (let worker = 0; worker < 2; worker += 1) {
    const port = await freePort();
    await world.startAgain({ processes: ['worker'], env: { METRICS_PORT: String(port) } });
    workerPorts.push(port);
  }
  const client = createRedis({ url: redis.url, clusterNodes: undefined }, 'producer', jsonLog().log);
  atTheEnd(async () => client.disconnect());
  producer = createProducer(client, 'delauto');
  await new Promise((ready) => client.once('ready', ready));
  upstream = startUpstream(world, 150, mixed);
}, 120_000);

it('row 7: redis-server killed with -9: no acknowledged job is lost, and all workers consume again by themselves', async () => {
  expect(await untilAllWork()).toBeLessThan(BOUND_SECONDS);
  const adding = new AbortController();
  const adder = (async () => {
    while (!adding.signal.aborted) {
      const batch = Array.from({ length: 20 }, aNotification);
      await producer
        .enqueueMany(
          'notification',
          batch.map((payload) => ({ payload, delayMs: LATER_MS })),
        )
        .then(
          () => acked.push(...batch),
          () => delay(50).then(() => (refused += 1)),
        );
    }
  })();
  await expect.poll(() => acked.length, { timeout: 30_000 }).toBeGreaterThan(3000);
  await redis.kill('SIGKILL');
  const before = upstream.heard.length;
  await delay(AWAY_MS);
  figure(8, 'submissions while Redis is away: p99', p99(upstream.heard.slice(before)).toFixed(0), 'ms');
  redis = await startRedis({ port: redis.port, dataDir: redis.dataDir });
  const seconds = await untilAllWork();
  adding.abort();
  await adder;
  figure(7, 'all queues of two workers consume again after', seconds.toFixed(1), 's');
  expect(refused).toBeGreaterThan(0);

  const lost: string[] = [];
  for (let index = 0; index < acked.length; index += 500) {
    const some = acked.slice(index, index + 500);
    const states = await Promise.all(some.map((payload) => producer.presence('notification', payload)));
    states.forEach((state, place) => state === 'missing' && lost.push(some[place]?.notificationId ?? ''));
  }
  figure(7, 'acknowledged jobs', acked.length);
  figure(7, 'of them lost', lost.length);
  expect(lost).toEqual([]);
  expect(seconds).toBeLessThan(BOUND_SECONDS);
}, 150_000);

it('row 7: nothing is lost, nobody is called twice; upstream was accepted all the time', async () => {
  await upstream.stop();
  const { seconds, undone } = await untilAllHasEnded(world, 90_000);
  expect(undone).toEqual([]);
  const wrong = await wrongEndings(world, upstream.accepted);
  figure(7, 'deliveries through', upstream.accepted.length);
  figure(7, 'lost or doubled', wrong.length);
  figure(7, 'all ended after the last order', seconds.toFixed(0), 's');
  expect(wrong).toEqual([]);
  expect(new Set(upstream.heard.map(({ status }) => status))).toEqual(new Set([202]));
}, 120_000);
