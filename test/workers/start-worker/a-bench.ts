import { Queue, type Job } from 'bullmq';
import { Redis } from 'ioredis';
import { expect } from 'vitest';
import { z } from 'zod';
import { defineQueue } from '#queues/define-queue.ts';
import { jobOptions, queuePrefix } from '#queues/job-options.ts';
import type { Priority } from '#src/domain/vocabulary.ts';
import { createMetrics } from '#src/platform/metrics.ts';
import { createTime } from '#src/platform/time.ts';
import { jsonLog } from '#test/support/json-log.ts';
import { freshRedis } from '#test/support/services.ts';
import { done } from '#workers/outcome.ts';
import { queueHold } from '#workers/queue-hold.ts';
import { startWorker, type Work } from '#workers/start-worker.ts';
import { createCell } from '#workers/suspects.ts';

export const contract = defineQueue({
  name: 'thing',
  payload: z.object({ n: z.number().int(), traceId: z.string() }),
  key: ({ n }) => `thing-${n}`,
  timeoutMs: 10_000,
  retry: { attempts: 3, backoffMs: 10 },
});

/** A worker on a real Redis, with the queue of `contract`. */
export async function aBench() {
  const { url, prefix } = await freshRedis();
  const connection = new Redis(url, { maxRetriesPerRequest: null });
  const queue = new Queue(contract.name, { connection, prefix: queuePrefix(prefix, contract.name) });
  const hold = queueHold(queue, connection);
  const stop = new AbortController();
  const cell = createCell();
  const workers: ReturnType<typeof startWorker>[] = [];
  const { log, lines } = jsonLog();
  const metrics = createMetrics();
  const database = { answers: true };
  const start = (
    work: Work,
    { timeoutMs = contract.timeoutMs, concurrency = 1, time = createTime({ scale: 1, anchorMs: 0, offsetMs: 0 }), release = contract } = {},
  ) => {
    const worker = startWorker({ ...release, timeoutMs }, work, {
      ...{ redis: connection, prefix, concurrency, time, log, metrics, stopSignal: stop.signal, cell, hold },
      databaseAnsweredSince: () => database.answers,
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
  return { queue, hold, stop, start, add, until, putByHand, close, lines, metrics, database };
}

export type Bench = Awaited<ReturnType<typeof aBench>>;

/** Does what the list says, run by run; afterwards `done`. */
export const inTurn = (...runs: Work[]) => {
  const seen: Parameters<Work>[] = [];
  const work: Work = async (...given) => {
    seen.push(given);
    return seen.length <= runs.length ? (runs[seen.length - 1] as Work)(...given) : Promise.resolve(done());
  };
  return { seen, work };
};
export const throws =
  (error: Error): Work =>
  async () =>
    Promise.reject(error);
/** Does not end by itself, whatever its signal says. */
export const never: Work = () => new Promise(() => undefined);
