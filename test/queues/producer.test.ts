import { afterAll, expect, it } from 'vitest';
import { catalogue, queueNames } from '#queues/catalogue.ts';
import { createProducer } from '#queues/producer.ts';
import { startRedis, type RunningRedis } from '#scripts/services/redis.ts';
import { createRedis } from '#src/platform/redis.ts';
import { jsonLog } from '#test/support/json-log.ts';
import { freshRedis } from '#test/support/services.ts';

const closing: (() => unknown)[] = [];
afterAll(async () => {
  for (const close of closing.reverse()) await close();
});

async function aProducer(url: string, prefix: string) {
  const redis = createRedis({ url, clusterNodes: undefined }, 'producer', jsonLog().log);
  await new Promise((ready) => redis.once('ready', ready));
  const producer = createProducer(redis, prefix);
  closing.push(() => redis.disconnect());
  return { redis, producer };
}

const traceId = 'b'.repeat(32);
const attempt = (n: number) => ({ attemptId: n.toString(16).padStart(24, '0'), generation: 1, traceId });

it('gives every job an id, a priority and the contract’s retries', async () => {
  const { url, prefix } = await freshRedis();
  const { producer } = await aProducer(url, prefix);
  await producer.enqueue('call', attempt(1), { priority: 'urgent', delayMs: 60_000.4 });
  const job = await producer.queues.get('call')?.getJob(`call-${attempt(1).attemptId}-g1`);
  expect(job).toMatchObject({
    data: attempt(1),
    delay: 60_000,
    priority: 1,
    opts: { attempts: 4, backoff: { type: 'exponential', delay: 5000, jitter: 0.5 } },
  });
});

it('adds thousands in chunks, each once', async () => {
  const { url, prefix } = await freshRedis();
  const { producer } = await aProducer(url, prefix);
  const items = Array.from({ length: 1200 }, (_, n) => ({ payload: attempt(n) }));
  await producer.enqueueMany('call', [...items, ...items.slice(0, 10)]);
  expect(await producer.queues.get('call')?.getJobCountByTypes('prioritized')).toBe(1200);
});

it('no job id has a colon, and each queue has a hash tag of its own', async () => {
  const { url, prefix } = await freshRedis();
  const { producer, redis } = await aProducer(url, prefix);
  const id = 'a'.repeat(24);
  const payload = { attemptId: id, eventId: id, recordingId: id, notificationId: id, generation: 1, until: 1, tick: 1, hour: 1, traceId };
  for (const name of queueNames) {
    await producer.enqueue(name, payload);
    expect(catalogue[name].key(payload as never)).not.toContain(':');
  }
  const keys = await redis.keys(`*${prefix}*`);
  const tags = new Set(keys.map((key) => /^\{(.+?)\}/.exec(key)?.[1]));
  expect(tags.size).toBe(queueNames.length);
});

it('rejects at once while Redis is away, also many at a time, and works when it is back', async () => {
  const first: RunningRedis = await startRedis();
  let server = first;
  closing.push(() => server.stop());
  const { producer } = await aProducer(first.url, 'p');
  await producer.enqueue('call', attempt(1));
  await first.kill('SIGKILL');
  await expect
    .poll(() =>
      producer.enqueue('call', attempt(2)).then(
        () => 'added',
        () => 'rejected',
      ),
    )
    .toBe('rejected');

  const started = performance.now();
  const results = await Promise.allSettled([
    ...Array.from({ length: 50 }, (_, n) => producer.enqueue('call', attempt(n))),
    producer.presence('call', attempt(1)),
  ]);
  expect(results.every(({ status }) => status === 'rejected')).toBe(true);
  expect(performance.now() - started).toBeLessThan(250);

  server = await startRedis({ port: first.port, dataDir: first.dataDir });
  await expect
    .poll(() =>
      producer.enqueue('call', attempt(3)).then(
        () => 'added',
        () => 'rejected',
      ),
    )
    .toBe('added');
  expect(await producer.presence('call', attempt(1))).toBe('pending');
  await producer.close();
  await first.stop();
});
