import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { QueueName } from '#queues/catalogue.ts';
import { createProducer, type Producer } from '#queues/producer.ts';
import { completeEnvironment } from '#test/support/environment.ts';
import { figure } from '#test/support/figures.ts';
import { freshMongoUri, freshRedis } from '#test/support/services.ts';
import { supervise, type Supervised } from '#test/support/supervised.ts';

// Jobs that kill the process which runs them, in worker processes of their own that are started again whenever they end. A process is
// killed by its own job: with kill -9, by the watchdog because it blocks the event loop, by V8 because it fills the heap.

const NEIGHBOURS = 20;
const traceId = 'b'.repeat(32);
const WAIT = { timeout: 120_000, interval: 100 };
const ids = (first: string, count: number) =>
  Array.from({ length: count }, (_, n) => `${first}${n.toString(16).padStart(24 - first.length, '0')}`);

const closing: (() => unknown)[] = [];
afterAll(async () => {
  for (const close of closing.reverse()) await close();
});

async function setup() {
  const { url, prefix } = await freshRedis();
  const redis = new Redis(url, { maxRetriesPerRequest: null });
  const producer = createProducer(redis, prefix);
  const env = { ...completeEnvironment, MONGODB_URI: freshMongoUri(), REDIS_URL: url, QUEUE_PREFIX: prefix };
  closing.push(
    () => redis.disconnect(),
    () => producer.close(),
  );
  const start = async (over: Record<string, string> = {}): Promise<Supervised> => {
    const worker = await supervise({ script: 'test/support/poison-worker.ts', env: { ...env, ...over } });
    closing.push(() => worker.stop());
    return worker;
  };
  return { producer, start };
}

const notify = (producer: Producer, id: string) => producer.enqueue('notification', { notificationId: id, traceId });
const happen = (producer: Producer, id: string) => producer.enqueue('call-event', { eventId: id, traceId });
const count = async (producer: Producer, name: QueueName, state: 'completed' | 'failed') =>
  producer.queues.get(name)?.getJobCountByTypes(state);
const reasonsOf = async (producer: Producer, name: QueueName) =>
  (await producer.queues.get(name)?.getFailed())?.map(({ id, failedReason }) => ({ id, failedReason }));
const quarantined = (id: string) => [{ id, failedReason: expect.stringContaining('quarantined as poison') }];
const lineWith = ({ lines }: Supervised, words: string) => lines.filter((line) => line.includes(words));

describe.each([
  ['row 5: a job that kills its process with kill -9', 'dead', {}, []],
  ['row 26: a job that blocks the event loop for 60 s', 'b10c', {}, ['the event loop is blocked']],
  ['row 26: a job that fills the heap', 'feed', { NODE_OPTIONS: '--max-old-space-size=160' }, ['heap limit']],
] as const)('%s', (title, poison, env, words) => {
  const row = Number(/\d+/.exec(title)?.[0]);
  const [killer = ''] = ids(poison, 1);
  let world: Awaited<ReturnType<typeof setup>>;
  let worker: Supervised;

  beforeAll(async () => {
    world = await setup();
    const { producer, start } = world;
    // All are there before the worker is: they start together, and die together.
    for (const id of ids('1', NEIGHBOURS)) await notify(producer, id);
    await notify(producer, killer);
    for (const id of ids('2', NEIGHBOURS)) await happen(producer, id);
    const began = performance.now();
    worker = await start(env);
    const ended = async () => [
      await count(producer, 'notification', 'failed'),
      await count(producer, 'notification', 'completed'),
      await count(producer, 'call-event', 'completed'),
    ];
    await vi.waitFor(async () => expect(await ended()).toEqual([1, NEIGHBOURS, NEIGHBOURS]), WAIT);
    figure(row, `${poison}: from the first start to the quarantine, three deaths`, ((performance.now() - began) / 1000).toFixed(1), 's');
  }, 150_000);

  it('is put back at its first and second death and quarantined at its third', async () => {
    expect(worker.ends).toHaveLength(3);
    expect(await reasonsOf(world.producer, 'notification')).toEqual(quarantined(`notification-${killer}`));
    expect(lineWith(worker, '"alert":"poisoned_job"')).toHaveLength(1);
    // Nobody is left to explain a kill -9; the other ends say why, each time.
    for (const why of words) expect(lineWith(worker, why)).toHaveLength(3);
  });

  it('takes no neighbour with it: all have run, in its queue and in others', async () => {
    const told = await count(world.producer, 'notification', 'completed');
    const happened = await count(world.producer, 'call-event', 'completed');
    figure(row, `${poison}: innocent jobs lost`, 2 * NEIGHBOURS - (told ?? 0) - (happened ?? 0));
    expect([told, happened]).toEqual([NEIGHBOURS, NEIGHBOURS]);
  });
});

describe('row 26: queues of other processes', () => {
  const PACE_MS = 50;
  const SAMPLES = 200;

  /** Adds events at a steady pace; p95 of the milliseconds from each one's adding to its end. */
  async function p95(producer: Producer, first: string): Promise<number> {
    const samples = ids(first, SAMPLES);
    for (const id of samples) {
      await happen(producer, id);
      await new Promise((resolve) => setTimeout(resolve, PACE_MS));
    }
    const queue = producer.queues.get('call-event');
    const ours = async () => (await queue?.getCompleted(0, -1))?.filter(({ id = '' }) => samples.some((each) => id.endsWith(each))) ?? [];
    await expect.poll(async () => (await ours()).length, WAIT).toBe(SAMPLES);
    const times = (await ours()).map(({ finishedOn = 0, timestamp }) => finishedOn - timestamp).sort((a, b) => a - b);
    return times[Math.floor(times.length * 0.95)] ?? Infinity;
  }

  it('are as quick as before while a job blocks its process: p95 under twice', async () => {
    const { producer, start } = await setup();
    await start({ WORKER_QUEUES: 'call-event' });
    const notifier = await start({ WORKER_QUEUES: 'notification' });
    await p95(producer, '1'); // warm
    const before = await p95(producer, '2');
    await notify(producer, ids('b10c', 1)[0] ?? '');
    const during = await p95(producer, '3');
    expect(notifier.ends.length).toBeGreaterThan(0);
    figure(26, 'p95 of another queue, in a process of its own, before a blocking job', before, 'ms');
    figure(26, 'p95 of another queue, in a process of its own, while it blocks its process', during, 'ms');
    expect(during).toBeLessThan(2 * before);
  }, 120_000);
});
