import type { JobsOptions, KeepJobs } from 'bullmq';
import type { Priority } from '#src/domain/vocabulary.ts';
import { MOST_FAILED_KEPT, type QueueContract } from './define-queue.ts';
import { PAYLOAD_LIMIT_BYTES } from './payload.ts';

const DAY_SECONDS = 24 * 60 * 60;

/** BullMQ runs a job without a priority before any that has one, so every job gets one. Lower runs first. */
const priorities: Record<Priority, number> = { urgent: 1, high: 2, normal: 3, low: 4 };

/** One job's options, as BullMQ stores them. `delayMs` is in real milliseconds. */
export function jobOptions(contract: QueueContract, id: string, priority: Priority, delayMs: number): JobsOptions {
  return {
    jobId: id,
    priority: priorities[priority],
    attempts: contract.retry.attempts,
    backoff: { type: 'exponential', delay: contract.retry.backoffMs, jitter: 0.5 },
    ...(delayMs > 0 ? { delay: Math.round(delayMs) } : {}),
    sizeLimit: PAYLOAD_LIMIT_BYTES,
    stackTraceLimit: 5,
  };
}

/** What a queue's workers keep of finished jobs. BullMQ counts age in seconds. */
export function retention({ keep }: QueueContract): { removeOnComplete: KeepJobs; removeOnFail: KeepJobs } {
  return {
    removeOnComplete: { age: keep.completedDays * DAY_SECONDS, count: keep.completedCount },
    removeOnFail: { age: keep.failedDays * DAY_SECONDS, count: MOST_FAILED_KEPT },
  };
}

/** BullMQ stores options that it does not know as they are. */
type FailedJobOptions = JobsOptions & { failedWith?: string };

/** Those of a job that takes its place among the failed again: its first run does no work and fails with this reason, after whatever else waits. */
export function failedJobOptions(contract: QueueContract, id: string, reason: string): FailedJobOptions {
  return { ...jobOptions(contract, id, 'low', 0), failedWith: reason };
}

/** The reason with which this run must fail at once, if it must. A retry has that attempt behind it, and is a run like any other. */
export function failsAtOnceWith({ opts, attemptsMade }: { opts: FailedJobOptions; attemptsMade: number }): string | undefined {
  return attemptsMade === 0 ? opts.failedWith : undefined;
}

/** A prefix of its own for each queue, with a hash tag, so that queues spread over the masters of a Redis Cluster. */
export const queuePrefix = (prefix: string, name: string) => `{${prefix}-${name}}`;
