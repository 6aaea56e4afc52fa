import { DelayedError, UnrecoverableError, WaitingError, Worker, type Job } from 'bullmq';
import type { QueueContract } from '#queues/define-queue.ts';
import { queuePrefix, retention } from '#queues/job-options.ts';
import { isDatabaseAway } from '#src/db/database-away.ts';
import { ProviderMisconfigured, RateLimited } from '#src/providers/errors.ts';
import type { Logger } from '#src/platform/logger.ts';
import type { Metrics } from '#src/platform/metrics.ts';
import type { RedisClient } from '#src/platform/redis.ts';
import { SECOND, type Time } from '#src/platform/time.ts';
import { jobSignal, unlessAborted } from './job-signal.ts';
import type { Outcome } from './outcome.ts';
import type { RunContext } from './processor.ts';

export interface WorkerSetup {
  redis: RedisClient;
  prefix: string;
  concurrency: number;
  time: Time;
  log: Logger;
  metrics: Metrics;
  /** Aborted when the grace period of a stop is over. */
  stopSignal: AbortSignal;
  /** The fast path of "nobody takes jobs of this queue": for `ms`, or until an operator resumes it. */
  hold: { rateLimit(ms: number): Promise<void>; pause(): Promise<void> };
}

/** A processor with its dependencies already in it. */
export type Work = (payload: unknown, context: RunContext) => Promise<Outcome>;

/** How a run is counted: its outcome, or what became of the error that it threw. */
type Ending = Outcome['kind'] | 'retried' | 'failed' | 'postponed' | 'rate_limited' | 'paused' | 'stopped';

/** A misconfigured provider's queue is paused; its jobs look again after this many milliseconds. */
const RETRY_AFTER_PAUSE_MS = 60_000;
/** While the database is away a job looks again after this many milliseconds, and up to twice as many: not all at the same moment. */
const RETRY_DATABASE_MS = 5 * SECOND;
/** BullMQ's scripts and ours must never spin on a job that is due again at once. */
const SHORTEST_SNOOZE_MS = 1000;

/**
 * Starts one queue's worker. The only file that knows how BullMQ says done, snoozed, rejected and 'try again'.
 * Lock and stall times: a job whose process was killed runs again after 8 to 13 s (measured), for one lock renewal each 5 s.
 */
export function startWorker(contract: QueueContract, work: Work, setup: WorkerSetup): Worker {
  const { time, metrics, hold } = setup;
  const queueLog = setup.log.child({ queue: contract.name });

  const run = async (job: Job, token: string | undefined, lockSignal: AbortSignal | undefined): Promise<Outcome> => {
    const parsed = contract.payload.safeParse(job.data);
    if (!parsed.success) return settle({ kind: 'rejected', reason: 'the payload does not fit the contract' }, job, token, queueLog);
    const { traceId } = parsed.data as { traceId: string };
    const log = queueLog.child({ jobId: job.id, traceId });
    const { signal, release } = jobSignal([setup.stopSignal, lockSignal], contract.timeoutMs);
    const lastAttempt = job.attemptsMade + 1 >= (job.opts.attempts ?? 1);
    const started = performance.now();
    try {
      const outcome = await unlessAborted(work(parsed.data, { log, signal, lastAttempt }), signal);
      log.info(
        { outcome: outcome.kind, ...('reason' in outcome ? { reason: outcome.reason } : {}), ms: Math.round(performance.now() - started) },
        'job ran',
      );
      return await settle(outcome, job, token, log);
    } catch (error) {
      throw await translate(error, job, token, lastAttempt, log);
    } finally {
      release();
      metrics.jobDuration.observe({ queue: contract.name }, (performance.now() - started) / 1000);
    }
  };

  const count = (outcome: Ending) => metrics.jobs.inc({ queue: contract.name, outcome });

  const settle = async (outcome: Outcome, job: Job, token: string | undefined, log: Logger): Promise<Outcome> => {
    count(outcome.kind);
    switch (outcome.kind) {
      case 'done':
      case 'skipped':
        return outcome;
      case 'snoozed':
        // Never the raw instant: BullMQ compares with this machine's own clock, which may differ from ours.
        await job.moveToDelayed(Date.now() + Math.max(SHORTEST_SNOOZE_MS, time.until(outcome.until)), token);
        throw new DelayedError(outcome.reason);
      case 'rejected':
        log.error({ reason: outcome.reason }, 'job rejected: an operator must look');
        throw new UnrecoverableError(outcome.reason);
      default:
        return outcome satisfies never;
    }
  };

  /** What BullMQ must be thrown for this error. */
  const translate = async (error: unknown, job: Job, token: string | undefined, lastAttempt: boolean, log: Logger): Promise<unknown> => {
    if (error instanceof DelayedError || error instanceof UnrecoverableError) return error;
    if (setup.stopSignal.aborted) {
      // A job that a deploy has cut goes back as it was and costs no attempt.
      count('stopped');
      await job.moveToWait(token);
      return new WaitingError('the process is stopping');
    }
    if (isDatabaseAway(error)) {
      // An outage may outlast all attempts, and reconcile never touches a job that has failed for good.
      count('postponed');
      log.warn({ err: error }, 'job postponed: the database is away');
      await job.moveToDelayed(Date.now() + RETRY_DATABASE_MS * (1 + Math.random()), token);
      return new DelayedError('the database is away');
    }
    if (error instanceof RateLimited) {
      count('rate_limited');
      // Redis refuses a time of 0.
      await hold.rateLimit(Math.max(1, Math.ceil(error.retryAfterMs)));
      return Worker.RateLimitError();
    }
    if (error instanceof ProviderMisconfigured) {
      count('paused');
      log.error({ err: error }, 'queue paused: the provider refuses our settings');
      await hold.pause();
      await job.moveToDelayed(Date.now() + RETRY_AFTER_PAUSE_MS, token);
      return new DelayedError('the provider refuses our settings');
    }
    count(lastAttempt ? 'failed' : 'retried');
    log.warn({ err: error, attempt: job.attemptsMade + 1, lastAttempt }, 'job failed');
    return error;
  };

  const worker = new Worker(contract.name, run, {
    connection: setup.redis,
    prefix: queuePrefix(setup.prefix, contract.name),
    concurrency: setup.concurrency,
    lockDuration: 10_000,
    stalledInterval: 5000,
    maxStalledCount: 3,
    // Far above what can happen: BullMQ obeys `queue.rateLimit` only where a limiter is set.
    limiter: { max: 1_000_000, duration: 1000 },
    ...retention(contract),
  });
  worker.on('error', (error) => queueLog.warn({ err: error }, 'worker error'));
  worker.on('lockRenewalFailed', (jobIds: string[]) => {
    for (const id of jobIds) worker.cancelJob(id, 'the lock was lost');
  });
  return worker;
}
