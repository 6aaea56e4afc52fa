import { Queue, type Job } from 'bullmq';
import { Redis, ReplyError } from 'ioredis';
import { MongoClient, MongoServerError } from 'mongodb';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defineQueue } from '#queues/define-queue.ts';
import { jobOptions, queuePrefix } from '#queues/job-options.ts';
import { GroupFull } from '#src/db/grouped/group-commit.ts';
import type { Priority } from '#src/domain/vocabulary.ts';
import { createMetrics } from '#src/platform/metrics.ts';
import { createTime, MINUTE, SECOND } from '#src/platform/time.ts';
import { ProviderDown, ProviderMisconfigured, RateLimited } from '#src/providers/errors.ts';
import { jsonLog } from '#test/support/json-log.ts';
import { freshRedis } from '#test/support/services.ts';
import { done, reject, skip, snooze } from '#workers/outcome.ts';
import { startWorker, type Work } from '#workers/start-worker.ts';
import { createCell } from '#workers/suspects.ts';

const contract = defineQueue({
  name: 'thing',
  payload: z.object({ n: z.number().int(), traceId: z.string() }),
  key: ({ n }) => `thing-${n}`,
  timeoutMs: 10_000,
  retry: { attempts: 3, backoffMs: 10 },
});

async function setup() {
  const { url, prefix } = await freshRedis();
  const connection = new Redis(url, { maxRetriesPerRequest: null });
  const queue = new Queue(contract.name, { connection, prefix: queuePrefix(prefix, contract.name) });
  const stop = new AbortController();
  const cell = createCell();
  const workers: ReturnType<typeof startWorker>[] = [];
  const { log, lines } = jsonLog();
  const metrics = createMetrics();
  const start = (
    work: Work,
    { timeoutMs = contract.timeoutMs, concurrency = 1, time = createTime({ scale: 1, anchorMs: 0, offsetMs: 0 }), release = contract } = {},
  ) => {
    const worker = startWorker({ ...release, timeoutMs }, work, {
      ...{ redis: connection, prefix, concurrency, time, log, metrics, stopSignal: stop.signal, cell },
      hold: { rateLimit: (ms) => queue.rateLimit(ms), pause: () => queue.pause() },
    });
    workers.push(worker);
    return worker;
  };
  const add = (n: number, priority: Priority = 'normal', data: object = { n, traceId: 't' }) =>
    queue.add(contract.name, data, jobOptions(contract, `thing-${n}`, priority, 0));
  /** Polls until the job is in that state; then the job as Redis has it. */
  const until = async (state: string, n = 1): Promise<Job> => {
    await expect.poll(() => queue.getJobState(`thing-${n}`)).toBe(state);
    return (await queue.getJob(`thing-${n}`)) as Job;
  };
  /** As if somebody had written over a job's data. */
  const putByHand = (n: number, data: string) =>
    connection.hset(`${queuePrefix(prefix, contract.name)}:${contract.name}:thing-${n}`, { data });
  const close = async () => {
    stop.abort();
    await Promise.all(workers.map((worker) => worker.close()));
    await queue.close();
    connection.disconnect();
  };
  return { queue, stop, start, add, until, putByHand, close, lines, metrics };
}

let bench: Awaited<ReturnType<typeof setup>>;
beforeEach(async () => {
  bench = await setup();
});
afterEach(async () => {
  await bench.close();
});

/** Does what the list says, run by run; afterwards `done`. */
const inTurn = (...runs: Work[]) => {
  const seen: Parameters<Work>[] = [];
  const work: Work = async (...given) => {
    seen.push(given);
    return seen.length <= runs.length ? (runs[seen.length - 1] as Work)(...given) : Promise.resolve(done());
  };
  return { seen, work };
};
const throws =
  (error: Error): Work =>
  async () =>
    Promise.reject(error);
const never: Work = () => new Promise(() => undefined);

describe('how a run ends', () => {
  it.each([
    ['done', done()],
    ['skipped', skip('somebody else did it')],
  ])('%s: the job is completed and says so', async (_, outcome) => {
    bench.start(async () => outcome);
    await bench.add(1);
    expect(await bench.until('completed')).toMatchObject({ returnvalue: outcome });
  });

  it('rejected: the job has failed at once, with the reason, and an operator is told', async () => {
    const { work, seen } = inTurn(async () => reject('nobody knows this number'));
    bench.start(work);
    await bench.add(1);
    expect(await bench.until('failed')).toMatchObject({ failedReason: 'nobody knows this number', attemptsMade: 1 });
    expect(seen).toHaveLength(1);
    expect(bench.lines).toContainEqual(expect.objectContaining({ level: 50, reason: 'nobody knows this number' }));
  });

  it('thrown: it is tried again as often as the contract says; the last run knows that it is', async () => {
    const { work, seen } = inTurn(...Array.from({ length: 3 }, () => throws(new ProviderDown('push'))));
    bench.start(work);
    await bench.add(1);
    expect(await bench.until('failed')).toMatchObject({ attemptsMade: 3, failedReason: 'push: unavailable' });
    expect(seen.map(([, { lastAttempt }]) => lastAttempt)).toEqual([false, false, true]);
  });

  it('a payload that does not fit has failed without the processor having seen it', async () => {
    const { work, seen } = inTurn();
    bench.start(work);
    await bench.add(1, 'normal', { n: 'one', traceId: 't' });
    expect(await bench.until('failed')).toMatchObject({ failedReason: 'the payload does not fit the contract', attemptsMade: 1 });
    expect(seen).toEqual([]);
  });
});

describe('row 26: data that another hand put into Redis', () => {
  it.each([
    ['of 1 MB', JSON.stringify({ n: 1, traceId: 't', more: 'x'.repeat(1_000_000) }), 'the payload is larger than 4096 bytes'],
    ['that is no JSON', '{"n":', 'the payload is no JSON object'],
    ['that is no object', '"text"', 'the payload is no JSON object'],
  ])('%s: the job fails at once and the data is gone; the processor has not seen it, and others run', async (_, data, failedReason) => {
    const { work, seen } = inTurn();
    await bench.add(1);
    await bench.add(2);
    await bench.putByHand(1, data);
    bench.start(work);
    expect(await bench.until('failed', 1)).toMatchObject({ failedReason, attemptsMade: 1, data: {} });
    await bench.until('completed', 2);
    expect(seen).toHaveLength(1);
    expect(JSON.stringify(bench.lines)).not.toContain('xxxx');
  });
});

describe('row 28: two releases side by side', () => {
  const later = { ...contract, version: 2, upgrade: { 1: (old: object) => ({ ...old, traceId: 'upgraded' }) } };

  it('a job of the later one is parked by the earlier, with an alert and at no cost, and done by the later', async () => {
    const earlier = inTurn();
    const worker = bench.start(earlier.work);
    await bench.add(1, 'normal', { n: 1, traceId: 't', v: 2 });
    const job = await bench.until('delayed');
    expect(job).toMatchObject({ attemptsMade: 0, data: { n: 1, traceId: 't', v: 2 } });
    expect(job.delay).toBeGreaterThanOrEqual(5 * SECOND);
    expect(bench.lines).toContainEqual(expect.objectContaining({ level: 50, alert: 'unknown_payload_version', version: 2, known: 1 }));
    await worker.close();
    const { work, seen } = inTurn();
    bench.start(work, { release: later });
    await job.promote();
    expect(await bench.until('completed')).toMatchObject({ attemptsMade: 1 });
    expect(seen.map(([payload]) => payload)).toEqual([{ n: 1, traceId: 't' }]);
    expect(earlier.seen).toEqual([]);
  });

  it('a job of the earlier one is upgraded by the later', async () => {
    const { work, seen } = inTurn();
    bench.start(work, { release: later });
    await bench.add(1);
    await bench.until('completed');
    expect(seen.map(([payload]) => payload)).toEqual([{ n: 1, traceId: 'upgraded' }]);
  });
});

describe('a snooze', () => {
  it('costs no attempt, and the job is due then', async () => {
    const at = new Date(Date.now() + 5 * MINUTE);
    bench.start(async () => snooze(at, 'quiet hours'));
    await bench.add(1);
    const job = await bench.until('delayed');
    expect(job.attemptsMade).toBe(0);
    expect(Math.abs(job.timestamp + job.delay - at.getTime())).toBeLessThan(5 * SECOND);
  });

  it('is never under a second, even into the past, and then the job runs again', async () => {
    const times: number[] = [];
    bench.start(async () => {
      times.push(performance.now());
      return times.length === 1 ? snooze(new Date(0), 'due long ago') : done();
    });
    await bench.add(1);
    await bench.until('completed');
    expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThan(950);
  });

  it('on a machine whose clock differs by ten minutes is as long as meant', async () => {
    const ahead = createTime({ scale: 1, anchorMs: 0, offsetMs: 10 * MINUTE });
    bench.start(async () => snooze(new Date(ahead.now().getTime() + MINUTE), 'later'), { time: ahead });
    await bench.add(1);
    const { delay, timestamp } = await bench.until('delayed');
    expect(Math.abs(timestamp + delay - Date.now() - MINUTE)).toBeLessThan(5 * SECOND);
  });
});

describe('a provider', () => {
  it('that asks to slow down holds the whole queue, on all workers, and costs no attempt', async () => {
    const { work, seen } = inTurn(throws(new RateLimited('telephony', 400)));
    const started: number[] = [];
    const timed: Work = async (...given) => {
      started.push(performance.now());
      return work(...given);
    };
    bench.start(timed);
    bench.start(timed);
    await bench.add(1);
    await expect.poll(() => seen.length).toBe(1);
    await bench.add(2);
    await bench.until('completed', 2);
    expect(await bench.until('completed', 1)).toMatchObject({ attemptsMade: 1 });
    expect(seen[1]?.[1].lastAttempt).toBe(false);
    expect((started[1] ?? 0) - (started[0] ?? 0)).toBeGreaterThan(380);
  });

  it('that asks so with a time of nothing is asked again at once', async () => {
    const { work } = inTurn(throws(new RateLimited('telephony', 0)), throws(new RateLimited('telephony', 0.4)));
    bench.start(work);
    await bench.add(1);
    expect(await bench.until('completed')).toMatchObject({ attemptsMade: 1 });
  });

  it('that refuses our settings pauses the queue; resumed, the job has all its attempts', async () => {
    const { work } = inTurn(throws(new ProviderMisconfigured('telephony', 20_003)));
    bench.start(work);
    await bench.add(1);
    const job = await bench.until('delayed');
    expect(await bench.queue.isPaused()).toBe(true);
    expect(job).toMatchObject({ attemptsMade: 0 });
    expect(bench.lines).toContainEqual(
      expect.objectContaining({ level: 50, alert: 'queue_paused', queue: 'thing', provider: 'telephony' }),
    );
    expect((await bench.metrics.alerts.get()).values).toMatchObject([{ labels: { alert: 'queue_paused' }, value: 1 }]);
    await bench.queue.resume();
    await job.promote();
    expect(await bench.until('completed')).toMatchObject({ attemptsMade: 1 });
  });
});

describe('a database that is away', () => {
  /** What the driver really says when there is nobody. */
  const nobodyThere = async () => {
    const client = new MongoClient('mongodb://127.0.0.1:9', { serverSelectionTimeoutMS: 100 });
    try {
      await client.connect();
    } finally {
      await client.close();
    }
    return done();
  };
  const stepDown = new MongoServerError({ message: 'not primary', code: 10107, errorLabels: ['RetryableWriteError'] });

  it.each<[string, Work]>([
    ['cannot be reached', nobodyThere],
    ['is changing its primary', throws(stepDown)],
    ['does not keep up', throws(new GroupFull())],
    ['is Redis and its memory is full', throws(new ReplyError("OOM command not allowed when used memory > 'maxmemory'."))],
    ['is Redis and its disk is full', throws(new ReplyError('MISCONF Errors writing to the AOF file: No space left on device'))],
  ])('because it %s: the job comes again in 5 to 10 s, and no attempt is used', async (_, fault) => {
    const { work, seen } = inTurn(fault);
    bench.start(work);
    await bench.add(1);
    const job = await bench.until('delayed');
    expect(job.attemptsMade).toBe(0);
    const due = job.timestamp + job.delay - Date.now();
    expect(due).toBeGreaterThan(4 * SECOND);
    expect(due).toBeLessThan(10.1 * SECOND);
    await job.promote();
    expect(await bench.until('completed')).toMatchObject({ attemptsMade: 1 });
    expect(seen[1]?.[1].lastAttempt).toBe(false);
    expect((await bench.metrics.jobs.get()).values).toMatchObject([
      { labels: { queue: 'thing', outcome: 'postponed' }, value: 1 },
      { labels: { queue: 'thing', outcome: 'done' }, value: 1 },
    ]);
  });

  it('does so on the last attempt, too, and longer than all attempts would have lasted', async () => {
    const { work, seen } = inTurn(throws(new Error('a')), throws(new Error('b')), ...Array.from({ length: 4 }, () => throws(stepDown)));
    bench.start(work);
    await bench.add(1);
    for (let outages = 1; outages <= 4; outages += 1) {
      await expect.poll(() => seen.length).toBe(2 + outages);
      await (await bench.until('delayed')).promote();
    }
    expect(await bench.until('completed')).toMatchObject({ attemptsMade: 3 });
  });
});

describe('a run that lasts', () => {
  it('too long gives up its place, even if it ignores its signal', async () => {
    const { work, seen } = inTurn(never);
    bench.start(work, { timeoutMs: 60 });
    await bench.add(1, 'urgent');
    await bench.add(2);
    await bench.until('completed', 2);
    expect(seen[0]?.[1].signal.reason).toMatchObject({ name: 'JobTooLong' });
    expect(await bench.until('completed', 1)).toMatchObject({ attemptsMade: 2 }); // this costs one
  });

  it('when its process must stop goes back as it was, and costs no attempt', async () => {
    const { work, seen } = inTurn(never);
    const worker = bench.start(work);
    await bench.add(1, 'high');
    await expect.poll(() => seen.length).toBe(1);
    const closed = worker.close();
    bench.stop.abort(new Error('the grace period is over'));
    await closed;
    const job = (await bench.queue.getJob('thing-1')) as Job;
    expect(['waiting', 'prioritized']).toContain(await job.getState());
    expect(job).toMatchObject({ attemptsMade: 0, priority: 2 });
    expect(job.stalledCounter).toBe(0);
  });

  it('shorter than the grace period ends in peace, and no other job is taken', async () => {
    let open = (): void => undefined;
    const gate = new Promise<void>((resolve) => (open = resolve));
    const { work, seen } = inTurn(async () => {
      await gate;
      return done();
    });
    const worker = bench.start(work);
    await bench.add(1);
    await bench.add(2);
    await expect.poll(() => seen.length).toBe(1);
    const closed = worker.close();
    open();
    await closed;
    expect(await bench.queue.getJobState('thing-1')).toBe('completed');
    expect(['waiting', 'prioritized']).toContain(await bench.queue.getJobState('thing-2'));
  });
});

it('the urgent go first', async () => {
  await bench.add(1, 'low');
  await bench.add(2, 'normal');
  await bench.add(3, 'urgent');
  await bench.add(4, 'high');
  await bench.add(5, 'urgent');
  const { work, seen } = inTurn();
  bench.start(work);
  await bench.until('completed', 1);
  expect(seen.map(([payload]) => (payload as { n: number }).n)).toEqual([3, 5, 4, 2, 1]);
});

it('counts runs by how they ended', async () => {
  const { work } = inTurn(throws(new Error('once')));
  bench.start(work);
  await bench.add(1);
  await bench.until('completed');
  await bench.add(2, 'normal', { n: 'two', traceId: 't' });
  await bench.until('failed', 2);
  const { values } = await bench.metrics.jobs.get();
  expect(values).toMatchObject([
    { labels: { queue: 'thing', outcome: 'retried' }, value: 1 },
    { labels: { queue: 'thing', outcome: 'done' }, value: 1 },
    { labels: { queue: 'thing', outcome: 'rejected' }, value: 1 },
  ]);
});

it('counts one that used its last attempt as failed', async () => {
  bench.start(throws(new Error('always')));
  await bench.add(1);
  await bench.until('failed');
  const { values } = await bench.metrics.jobs.get();
  expect(values).toMatchObject([
    { labels: { outcome: 'retried' }, value: 2 },
    { labels: { outcome: 'failed' }, value: 1 },
  ]);
});
