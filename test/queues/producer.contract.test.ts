import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { queuePrefix } from '#queues/job-options.ts';
import { createProducer, type Producer } from '#queues/producer.ts';
import type { QueueName } from '#queues/catalogue.ts';
import { createRedis, type RedisClient } from '#src/platform/redis.ts';
import { fakeProducer } from '#test/support/fakes/producer.ts';
import { jsonLog } from '#test/support/json-log.ts';
import { freshRedis } from '#test/support/services.ts';

interface Subject {
  producer: Producer;
  /** Runs all waiting jobs of a queue to their end. */
  finish(name: QueueName, how: 'completed' | 'failed'): Promise<void>;
  close(): Promise<void>;
}

async function fake(): Promise<Subject> {
  const producer = fakeProducer();
  return { producer, finish: async (name, how) => producer.finish(how, name), close: producer.close };
}

async function real(): Promise<Subject> {
  const { url, prefix } = await freshRedis();
  const redis: RedisClient = createRedis({ url, clusterNodes: undefined }, 'producer', jsonLog().log);
  await new Promise((ready) => redis.once('ready', ready));
  const producer = createProducer(redis, prefix);
  const connection = new Redis(url, { maxRetriesPerRequest: null });
  return {
    producer,
    async finish(name, how) {
      const work = async () => {
        if (how === 'failed') throw new Error('as the test wants it');
      };
      const worker = new Worker(name, work, { connection, prefix: queuePrefix(prefix, name) });
      const queue = producer.queues.get(name);
      // The job's retries would last minutes: each is promoted.
      await expect
        .poll(async () => {
          for (const job of (await queue?.getDelayed()) ?? []) await job.promote().catch(() => undefined);
          return queue?.getJobCountByTypes('wait', 'prioritized', 'delayed', 'active');
        })
        .toBe(0);
      await worker.close();
    },
    async close() {
      await producer.close();
      redis.disconnect();
      connection.disconnect();
    },
  };
}

const ID = 'a'.repeat(24);
const traceId = 'b'.repeat(32);
const other = { notificationId: 'c'.repeat(24), traceId };
const payload = { notificationId: ID, traceId };

describe.each([
  ['BullMQ', real],
  ['the fake of the tests', fake],
])('a producer: %s', (_, make) => {
  let subject: Subject;
  let producer: Producer;
  beforeAll(async () => {
    subject = await make();
    producer = subject.producer;
  });
  afterAll(async () => {
    await subject.close();
  });

  it('knows nothing of a job that was never added', async () => {
    expect(await producer.presence('notification', payload)).toBe('missing');
    await producer.forget('notification', payload);
  });

  it('holds a job that was added, and its twin is the same job', async () => {
    await producer.enqueue('notification', payload, { delayMs: 60_000 });
    await producer.enqueue('notification', { ...payload, traceId: 'd'.repeat(32) });
    expect(await producer.presence('notification', payload)).toBe('pending');
    await producer.forget('notification', payload);
    expect(await producer.presence('notification', payload)).toBe('missing');
  });

  it.each(['completed', 'failed'] as const)('keeps a %s job, under whose id nothing can be added until it is forgotten', async (how) => {
    await producer.enqueue('notification', payload);
    await subject.finish('notification', how);
    expect(await producer.presence('notification', payload)).toBe(how);
    await producer.enqueue('notification', payload);
    expect(await producer.presence('notification', payload)).toBe(how);
    await producer.forget('notification', payload);
    await producer.enqueue('notification', payload);
    expect(await producer.presence('notification', payload)).toBe('pending');
    await producer.forget('notification', payload);
  });

  it('puts jobs among the failed, each once, but none that it holds in another way', async () => {
    await producer.enqueue('notification', other, { delayMs: 60_000 });
    const items = [payload, other, payload].map((each) => ({ payload: each, reason: 'refused' }));
    await producer.enqueueFailed('notification', items);
    await producer.enqueueFailed('notification', items);
    expect(await producer.presence('notification', other)).toBe('pending');
    await producer.forget('notification', other);
    // BullMQ: by the job's first run.
    await subject.finish('notification', 'failed');
    expect(await producer.presence('notification', payload)).toBe('failed');
    await producer.forget('notification', payload);
    expect(await producer.presence('notification', payload)).toBe('missing');
  });

  it('adds many, each once', async () => {
    await producer.enqueueMany('notification', [{ payload }, { payload: other, delayMs: 60_000 }, { payload }]);
    expect(await producer.presence('notification', payload)).toBe('pending');
    expect(await producer.presence('notification', other)).toBe('pending');
    await producer.enqueueMany('notification', []);
  });

  it('refuses a payload that does not fit the contract, and adds nothing of it', async () => {
    await expect(producer.enqueue('notification', { ...payload, notificationId: 'e'.repeat(23) })).rejects.toThrow();
    await expect(producer.enqueueMany('notification', [{ payload: { notificationId: 'f'.repeat(24), traceId: 'no' } }])).rejects.toThrow();
    expect(await producer.presence('notification', { notificationId: 'f'.repeat(24), traceId })).toBe('missing');
  });

  it('strips what the contract does not name: no personal data slips into Redis', async () => {
    const talkative = { notificationId: '1'.repeat(24), traceId, phone: '+12025550123' };
    await producer.enqueue('notification', talkative);
    const stored = await producer.queues.get('notification')?.getJob(`notification-${talkative.notificationId}`);
    if (stored) expect(stored.data).toEqual({ notificationId: talkative.notificationId, traceId });
    expect(await producer.presence('notification', talkative)).toBe('pending');
  });
});
