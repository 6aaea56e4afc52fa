import { ReplyError } from 'ioredis';
import { MongoClient, MongoServerError } from 'mongodb';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { GroupFull } from '#src/db/grouped/group-commit.ts';
import { createTime, MINUTE, SECOND } from '#src/platform/time.ts';
import { ProviderDown, ProviderMisconfigured, RateLimited } from '#src/providers/errors.ts';
import { done, snooze } from '#workers/outcome.ts';
import type { Work } from '#workers/start-worker.ts';
import { aBench, inTurn, never, throws, type Bench } from './a-bench.ts';

let bench: Bench;
beforeEach(async () => {
  bench = await aBench();
});
afterEach(async () => {
  await bench.close();
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

  it('that asks so for long is not asked sooner because another worker is told to come again soon', async () => {
    const started: number[] = [];
    const bothRun = Promise.withResolvers<void>();
    const holds = [3000, 100];
    const work: Work = async () => {
      const holdMs = holds[started.length];
      started.push(performance.now());
      if (holdMs === undefined) return done();
      if (started.length === 2) bothRun.resolve();
      await bothRun.promise;
      // The shorter one is told last.
      if (holdMs < 1000) await expect.poll(() => bench.queue.getRateLimitTtl()).toBeGreaterThan(1000);
      throw new RateLimited('telephony', holdMs);
    };
    bench.start(work);
    bench.start(work);
    await bench.add(1);
    await bench.add(2);
    await expect.poll(() => started.length, { timeout: 8000 }).toBeGreaterThan(2);
    expect((started[2] ?? 0) - (started[1] ?? 0)).toBeGreaterThan(2900);
  });

  it('that asks so for longer than before is not asked until then', async () => {
    bench.start(never);
    const { rateLimit } = bench.hold;
    await rateLimit(300);
    await rateLimit(60_000);
    await rateLimit(500);
    expect(await bench.queue.getRateLimitTtl()).toBeGreaterThan(50_000);
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
    const raised = (await bench.metrics.alerts.get()).values.filter(({ value }) => value > 0);
    expect(raised).toMatchObject([{ labels: { alert: 'queue_paused' }, value: 1 }]);
    await bench.queue.resume();
    await job.promote();
    expect(await bench.until('completed')).toMatchObject({ attemptsMade: 1 });
  });
});

it('a provider that is down costs no attempt, the last one neither; where only this job finds it down, its attempts come afterwards', async () => {
  const downs = Array.from({ length: 32 }, () => throws(new ProviderDown('push')));
  const { work, seen } = inTurn(throws(new Error('a')), throws(new Error('b')), ...downs);
  bench.start(work);
  await bench.add(1);
  for (let outages = 1; outages <= 30; outages += 1) {
    await expect.poll(() => seen.length).toBe(2 + outages);
    const job = await bench.until('delayed');
    expect(job.attemptsMade).toBe(2);
    await job.promote();
  }
  expect(await bench.until('failed')).toMatchObject({ attemptsMade: 3, failedReason: 'push: unavailable' });
  expect(seen.map(([, { waitsOutOutages }]) => waitsOutOutages)).toEqual([...Array.from({ length: 32 }, () => true), false]);
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
