import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { jobOptions, queuePrefix } from '#queues/job-options.ts';
import { notification } from '#queues/notification.ts';
import { completeEnvironment } from '#test/support/environment.ts';
import { figure } from '#test/support/figures.ts';
import { freshMongoUri, freshRedis } from '#test/support/services.ts';
import { supervise, type Supervised } from '#test/support/supervised.ts';

// row 28, in the middle of a deploy: a worker process of the present release and one of a later release, whose payload has a new
// version, on one queue. Producers of both add jobs; then the present one is stopped with SIGTERM, as the deploy goes on.

const EACH = 30;
const traceId = 'b'.repeat(32);
const WAIT = { timeout: 60_000, interval: 50 };
const id = (first: string, n: number) => `${first}${n.toString(16).padStart(23, '0')}`;

const closing: (() => unknown)[] = [];
let queue: Queue;
let present: Supervised;
let later: Supervised;
let parked = 0;

beforeAll(async () => {
  const { url, prefix } = await freshRedis();
  const connection = new Redis(url, { maxRetriesPerRequest: null });
  queue = new Queue(notification.name, { connection, prefix: queuePrefix(prefix, notification.name) });
  closing.push(
    () => connection.disconnect(),
    () => queue.close(),
  );
  const env = { ...completeEnvironment, MONGODB_URI: freshMongoUri(), REDIS_URL: url, QUEUE_PREFIX: prefix, WORKER_QUEUES: 'notification' };
  const start = async (script: string) => {
    const worker = await supervise({ script, env, restart: false });
    closing.push(() => worker.stop());
    return worker;
  };
  const add = (first: string, more: object) =>
    Promise.all(
      Array.from({ length: EACH }, (_, n) => {
        const payload = { notificationId: id(first, n), traceId };
        return queue.add(notification.name, { ...payload, ...more }, jobOptions(notification, notification.key(payload), 'normal', 0));
      }),
    );

  present = await start('workers/main.ts');
  await add('1', { v: 2, channel: 'sms' });
  await vi.waitFor(async () => expect(await queue.getDelayedCount()).toBe(EACH), WAIT);
  parked = await queue.getDelayedCount();
  const began = performance.now();
  later = await start('test/support/later-worker.ts');
  await add('2', {}); // from before
  await add('3', { v: 2, channel: 'sms' });
  await add('4', { more: 'than the present release knows' });
  await vi.waitFor(async () => expect(await queue.getCompletedCount()).toBeGreaterThan(EACH), WAIT);
  await present.stop();
  await vi.waitFor(async () => expect(await queue.getCompletedCount()).toBe(4 * EACH), WAIT);
  figure(
    28,
    `${4 * EACH} jobs of two releases, from the later one's start to the last one's end`,
    ((performance.now() - began) / 1000).toFixed(1),
    's',
  );
}, 120_000);

afterAll(async () => {
  for (const close of closing.reverse()) await close();
});

const done = (first: string) =>
  later.lines.filter((line) => line.includes('done by the later release') && line.includes(id(first, 0).slice(0, 12)));

it('row 28: all jobs of both releases are done, none has failed', async () => {
  expect(await queue.getCompletedCount()).toBe(4 * EACH);
  expect(await queue.getFailedCount()).toBe(0);
  figure(28, 'jobs failed', await queue.getFailedCount());
});

it('row 28: the present release parks what only the later one can read, and says so once', () => {
  expect(parked).toBe(EACH);
  expect(present.lines.filter((line) => line.includes('"alert":"unknown_payload_version"'))).toHaveLength(1);
  expect(present.lines.join('\n')).not.toContain('"outcome":"rejected"');
});

it('row 28: what it parked is done by the later one, as it was written', () => {
  expect(done('1')).toHaveLength(EACH);
  expect(done('3')).toHaveLength(EACH);
  for (const line of [...done('1'), ...done('3')]) expect(JSON.parse(line)).toMatchObject({ payload: { channel: 'sms' } });
});

it('row 28: what is from before the later one upgrades', () => {
  for (const line of [...done('2'), ...done('4')]) expect(JSON.parse(line)).toMatchObject({ payload: { channel: 'push' } });
});
