import type { JobsOptions, KeepJobs } from 'bullmq';
import type { Priority } from '#src/domain/vocabulary.ts';
import type { QueueContract } from './define-queue.ts';
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
    removeOnFail: { age: keep.failedDays * DAY_SECONDS, count: 10_000 },
  };
}

/** A prefix of its own for each queue, with a hash tag, so that queues spread over the masters of a Redis Cluster. */
export const queuePrefix = (prefix: string, name: string) => `{${prefix}-${name}}`;
