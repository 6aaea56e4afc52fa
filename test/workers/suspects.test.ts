import { Queue, Worker, type Job } from 'bullmq';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defineQueue } from '#queues/define-queue.ts';
import { jobOptions, queuePrefix } from '#queues/job-options.ts';
import { createMetrics } from '#src/platform/metrics.ts';
import { createTime, MINUTE } from '#src/platform/time.ts';
import { jsonLog } from '#test/support/json-log.ts';
import { freshRedis } from '#test/support/services.ts';
import { done, snooze } from '#workers/outcome.ts';
import { startWorker, type Work } from '#workers/start-worker.ts';
import { createCell, standingOf } from '#workers/suspects.ts';

// row 5, its rules, on real BullMQ. What a kill -9 leaves behind is made here by hand: a worker that is let go, a lock that has run
// out, and the next look for stalled jobs. With real processes: test/faults/poison.slow.test.ts.

const contractOf = (name: string) =>
  defineQueue({
    name,
    payload: z.object({ n: z.number(), traceId: z.string() }),
    key: ({ n }) => `${name}-${n}`,
    timeoutMs: 10_000,
    retry: { attempts: 3, backoffMs: 10 },
  });
const contracts = { one: contractOf('one'), two: contractOf('two') };
type Name = keyof typeof contracts;

async function setup() {
  const { url, prefix } = await freshRedis();
  const connection = new Redis(url, { maxRetriesPerRequest: null });
  const open = (name: Name) => new Queue(name, { connection, prefix: queuePrefix(prefix, name) });
  const queues = { one: open('one'), two: open('two') };
  const stop = new AbortController();
  const { log, lines } = jsonLog();
  const metrics = createMetrics();
  const workers = new Set<Worker>();

  /** A process: workers of both queues, and one cell. */
  const startProcess = (work: Work) => {
    const cell = createCell();
    const ours = (Object.keys(contracts) as Name[]).map((name) =>
      startWorker(contracts[name], work, {
        ...{ redis: connection, prefix, concurrency: 10, log, metrics, stopSignal: stop.signal, cell },
        time: createTime({ scale: 1, anchorMs: 0, offsetMs: 0 }),
        databaseAnsweredSince: () => true,
        hold: { rateLimit: async () => undefined, pause: async () => undefined },
      }),
    );
    for (const worker of ours) workers.add(worker);
    return {
      async die() {
        for (const worker of ours) {
          workers.delete(worker);
          await worker.close(true);
        }
        for (const name of ['one', 'two'] as const) await putBack(name);
      },
    };
  };

  /** The look that finds the jobs of the dead, without the wait for their locks. */
  const putBack = async (name: Name) => {
    const keyOf = (part: string) => `${queuePrefix(prefix, name)}:${name}:${part}`;
    const active = await connection.lrange(keyOf('active'), 0, -1);
    const checker = new Worker(name, null, {
      ...{ connection, prefix: queuePrefix(prefix, name), stalledInterval: 20, maxStalledCount: 1000 },
    });
    await connection.del(keyOf('stalled-check'), ...active.map((id) => keyOf(`${id}:lock`)));
    await checker.startStalledCheckTimer();
    await expect.poll(() => connection.llen(keyOf('active'))).toBe(0);
    await checker.close();
    await connection.del(keyOf('stalled-check'));
  };

  return {
    queues,
    stop,
    lines,
    metrics,
    startProcess,
    add: (n: number, name: Name = 'one') =>
      queues[name].add(name, { n, traceId: 't' }, jobOptions(contracts[name], `${name}-${n}`, 'normal', 0)),
    async until(state: string, n: number, name: Name = 'one'): Promise<Job> {
      await expect.poll(() => queues[name].getJobState(`${name}-${n}`)).toBe(state);
      return (await queues[name].getJob(`${name}-${n}`)) as Job;
    },
    async close() {
      stop.abort();
      await Promise.all([...workers].map((worker) => worker.close()));
      await Promise.all(Object.values(queues).map((queue) => queue.close()));
      connection.disconnect();
    },
  };
}

let bench: Awaited<ReturnType<typeof setup>>;
beforeEach(async () => {
  bench = await setup();
});
afterEach(async () => {
  await bench.close();
});

/** Work that hangs for the ids in `stuck`, and writes down who runs and how many ran at once. */
function watched(stuck: () => number[]) {
  const seen: number[] = [];
  let running = 0;
  let most = 0;
  const work: Work = async (payload) => {
    const { n } = payload as { n: number };
    seen.push(n);
    running += 1;
    most = Math.max(most, running);
    if (stuck().includes(n)) return new Promise(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, 30));
    running -= 1;
    return done();
  };
  return { work, seen, most: () => most };
}

/** Two processes die while they run these jobs. */
async function dieTwice(jobs: [number, Name][]) {
  for (const [n, name] of jobs) await bench.add(n, name);
  for (let deaths = 1; deaths <= 2; deaths += 1) {
    const { work, seen } = watched(() => jobs.map(([n]) => n));
    const doomed = bench.startProcess(work);
    await expect.poll(() => seen.length).toBe(jobs.length);
    await doomed.die();
  }
}

describe('row 5: a job whose process died', () => {
  it('once runs again beside its neighbours', async () => {
    for (const n of [1, 2, 3]) await bench.add(n);
    const first = watched(() => [1, 2, 3]);
    const doomed = bench.startProcess(first.work);
    await expect.poll(() => first.seen.length).toBe(3);
    await doomed.die();
    const second = watched(() => [1, 2, 3]);
    const next = bench.startProcess(second.work);
    await expect.poll(() => second.most()).toBe(3);
    await next.die();
  });

  it('twice runs while no other such job does, whatever the queue', async () => {
    await dieTwice([
      [1, 'one'],
      [2, 'one'],
      [3, 'two'],
    ]);
    const { work, most } = watched(() => []);
    bench.startProcess(work);
    await Promise.all([bench.until('completed', 1), bench.until('completed', 2), bench.until('completed', 3, 'two')]);
    expect(most()).toBe(1);
  });

  it('twice does not keep others from running', async () => {
    await dieTwice([[1, 'one']]);
    const { work, seen } = watched(() => [1]);
    const process = bench.startProcess(work);
    await expect.poll(() => seen).toEqual([1]);
    await bench.add(2);
    await bench.until('completed', 2);
    await process.die();
  });

  it('a third time, while it was the one that ran, is quarantined; those that died with it twice are not', async () => {
    await dieTwice([
      [1, 'one'],
      [2, 'one'],
      [3, 'two'],
    ]);
    const third = watched(() => [2]);
    const doomed = bench.startProcess(third.work);
    await expect.poll(() => third.seen).toContain(2);
    await doomed.die();
    const { work, seen } = watched(() => []);
    bench.startProcess(work);
    expect(await bench.until('failed', 2)).toMatchObject({ failedReason: expect.stringContaining('quarantined as poison') });
    await bench.until('completed', 1);
    await bench.until('completed', 3, 'two');
    expect(seen).not.toContain(2);
    expect(bench.lines).toContainEqual(expect.objectContaining({ level: 50, alert: 'poisoned_job', queue: 'one', jobId: 'one-2' }));
    expect((await bench.metrics.alerts.get()).values.filter(({ value }) => value > 0)).toMatchObject([
      { labels: { alert: 'poisoned_job' }, value: 1 },
    ]);
  });
});

describe('row 5: a suspect', () => {
  it('that was harmless is free again, as often as it comes back', async () => {
    await dieTwice([[1, 'one']]);
    bench.startProcess(async () => snooze(new Date(Date.now() + MINUTE), 'later'));
    expect(await bench.until('delayed', 1)).toMatchObject({ stalledCounter: 2, progress: { forgiven: 2 } });
  });

  it('that a deploy cut is a suspect still, and no killer', async () => {
    await dieTwice([[1, 'one']]);
    const { work, seen } = watched(() => [1]);
    bench.startProcess(work);
    await expect.poll(() => seen).toEqual([1]);
    bench.stop.abort(new Error('the grace period is over'));
    const cut = async () => {
      const job = await bench.queues.one.getJob('one-1');
      return job && { attemptsMade: job.attemptsMade, standing: standingOf(job.stalledCounter, job.progress) };
    };
    await expect.poll(cut).toEqual({ attemptsMade: 0, standing: 'suspect' });
  });
});

describe('row 5: a quarantined job that an operator retries', () => {
  const quarantine = async () => {
    await dieTwice([[1, 'one']]);
    const { work, seen } = watched(() => [1]);
    const doomed = bench.startProcess(work);
    await expect.poll(() => seen).toEqual([1]);
    await doomed.die();
    const judge = bench.startProcess(watched(() => []).work);
    const job = await bench.until('failed', 1);
    await judge.die();
    // What the board's button does.
    await job.retry('failed');
  };

  it('runs', async () => {
    await quarantine();
    bench.startProcess(watched(() => []).work);
    await bench.until('completed', 1);
  });

  it('is quarantined again at its next death', async () => {
    await quarantine();
    const { work, seen } = watched(() => [1]);
    const doomed = bench.startProcess(work);
    await expect.poll(() => seen).toEqual([1]);
    await doomed.die();
    bench.startProcess(watched(() => []).work);
    expect(await bench.until('failed', 1)).toMatchObject({ failedReason: expect.stringContaining('quarantined as poison') });
  });
});
