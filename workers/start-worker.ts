import { DelayedError, UnrecoverableError, WaitingError, Worker, type Job, type JobJson } from 'bullmq';
import type { QueueContract } from '#queues/define-queue.ts';
import { failsAtOnceWith, queuePrefix, retention } from '#queues/job-options.ts';
import { readPayload } from '#queues/payload.ts';
import { DatabaseSilent } from '#src/db/database-away.ts';
import { ProviderMisconfigured, RateLimited } from '#src/providers/errors.ts';
import { raiseAlert } from '#src/platform/alert.ts';
import type { Logger } from '#src/platform/logger.ts';
import type { Metrics } from '#src/platform/metrics.ts';
import type { RedisClient } from '#src/platform/redis.ts';
import { SECOND, type Time } from '#src/platform/time.ts';
import type { Ending } from './ending.ts';
import { outageIn, waitsOutOutages } from './outages.ts';
import { jobSignal, JobTooLong, unlessAborted } from './job-signal.ts';
import type { Outcome } from './outcome.ts';
import type { RunContext } from './processor.ts';
import type { QueueHold } from './queue-hold.ts';
import { condemned, harmless, runsAlone, standingOf, type Cell } from './suspects.ts';

export interface WorkerSetup {
  redis: RedisClient;
  prefix: string;
  concurrency: number;
  time: Time;
  log: Logger;
  metrics: Metrics;
  /** Aborted when the grace period of a stop is over. */
  stopSignal: AbortSignal;
  /** Whether the database has answered anybody in the last so many milliseconds. */
  databaseAnsweredSince: (ms: number) => boolean;
  /** Shared by all queues of the process. */
  cell: Cell;
  hold: QueueHold;
}

/** A processor with its dependencies already in it. */
export type Work = (payload: unknown, context: RunContext) => Promise<Outcome>;

/** A misconfigured provider's queue is paused; its jobs look again after this many milliseconds. */
const RETRY_AFTER_PAUSE_MS = 60_000;
/** While the database is away, or a provider down, a job looks again after this many milliseconds, and up to twice as many: not all at the same moment. */
const RETRY_OUTAGE_MS = 5 * SECOND;
/** A job of a later release waits so long, up to twice, before it is offered again, perhaps to a later release. */
const PARKED_MS = 5 * SECOND;
/** A suspect that finds another in the cell looks again after so long, up to twice. */
const QUEUED_UP_MS = SECOND / 2;
/** BullMQ's scripts and ours must never spin on a job that is due again at once. */
const SHORTEST_SNOOZE_MS = 1000;

/**
 * A job whose process was killed runs again elsewhere once its lock has run out and two looks for stalled jobs have missed it: 8 to
 * 13 s measured, 15 s at the most; with BullMQ's own 30 and 30 s it was 33 to 57 s. Price: each running job renews its lock every
 * 5 s, and each worker looks for stalled jobs every 5 s (one script call each); and a process that stands still for 10 s loses its
 * jobs to others while it lives, so every effect needs its claim (and the watchdog ends it).
 */
const LOCK_MS = 10 * SECOND;
const STALLED_INTERVAL_MS = 5 * SECOND;

/** BullMQ counts deaths against whoever ran in the process and would fail a job for its neighbour's: `suspects.ts` judges instead. */
const NEVER_BY_BULLMQ = Number.MAX_SAFE_INTEGER;

/** Starts one queue's worker. The only file that knows how BullMQ says done, snoozed, rejected and 'try again'. */
export function startWorker(contract: QueueContract, work: Work, setup: WorkerSetup): Worker {
  const { time, metrics, hold, cell } = setup;
  const queueLog = setup.log.child({ queue: contract.name });

  const run = async (job: Job, token: string | undefined, lockSignal: AbortSignal | undefined): Promise<Outcome> => {
    const failure = failsAtOnceWith(job);
    if (failure !== undefined) {
      // Given up before Redis was emptied: back in its place, without work and without a second alert.
      count('failed_again');
      throw new UnrecoverableError(failure);
    }
    const standing = standingOf(job.stalledCounter, job.progress);
    // Before anything looks at its payload: that may be what kills.
    if (standing === 'killer') throw await quarantine(job);
    const read = readPayload(contract, job.data);
    if (read.kind === 'newer') throw await park(read.version, job, token);
    if (read.kind === 'unfit') {
      if (read.discard) await job.updateData({});
      return settle({ kind: 'rejected', reason: read.reason }, job, token, queueLog.child({ jobId: job.id }));
    }
    if (standing === 'free') return attempt(work, read.payload, job, token, lockSignal);
    if (!cell.enter()) {
      count('queued_up');
      throw await putOff(spread(QUEUED_UP_MS), 'another suspect is running', job, token);
    }
    try {
      await job.updateProgress(runsAlone(job.stalledCounter, job.progress));
      return await attempt(proving(job), read.payload, job, token, lockSignal);
    } finally {
      cell.leave();
    }
  };

  const attempt = async (
    what: Work,
    payload: Record<string, unknown>,
    job: Job,
    token: string | undefined,
    lockSignal: AbortSignal | undefined,
  ): Promise<Outcome> => {
    const log = queueLog.child({ jobId: job.id, traceId: payload['traceId'] });
    const { signal, release } = jobSignal([setup.stopSignal, lockSignal], contract.timeoutMs, tooLong);
    const context = { log, signal, lastAttempt: job.attemptsMade + 1 >= (job.opts.attempts ?? 1), waitsOutOutages: waitsOutOutages(job) };
    const started = performance.now();
    try {
      const outcome = await unlessAborted(what(payload, context), signal);
      log.info(
        { outcome: outcome.kind, ...('reason' in outcome ? { reason: outcome.reason } : {}), ms: Math.round(performance.now() - started) },
        'job ran',
      );
      return await settle(outcome, job, token, log);
    } catch (error) {
      throw await translate(error, job, token, context);
    } finally {
      release();
      metrics.jobDuration.observe({ queue: contract.name }, (performance.now() - started) / 1000);
    }
  };

  /** Of a database that answers nobody it is no fault of the job's. */
  const tooLong = (): Error =>
    setup.databaseAnsweredSince(contract.timeoutMs) ? new JobTooLong(contract.timeoutMs) : new DatabaseSilent(contract.timeoutMs);

  const count = (outcome: Ending) => metrics.jobs.inc({ queue: contract.name, outcome });

  /** The work, after which a suspect is one no longer: it has ended, however, and its process lives. Cut short, it has proved nothing. */
  const proving =
    (job: Job): Work =>
    async (payload, context) => {
      try {
        return await work(payload, context);
      } finally {
        if (!context.signal.aborted) await job.updateProgress(harmless(job.stalledCounter));
      }
    };

  const settle = async (outcome: Outcome, job: Job, token: string | undefined, log: Logger): Promise<Outcome> => {
    count(outcome.kind);
    switch (outcome.kind) {
      case 'done':
      case 'skipped':
        return outcome;
      case 'snoozed':
        throw await putOff(Math.max(SHORTEST_SNOOZE_MS, time.until(outcome.until)), outcome.reason, job, token);
      case 'rejected':
        log.error({ reason: outcome.reason }, 'job rejected: an operator must look');
        throw new UnrecoverableError(outcome.reason);
      default:
        return outcome satisfies never;
    }
  };

  /** What BullMQ must be thrown for this error. */
  const translate = async (error: unknown, job: Job, token: string | undefined, context: RunContext): Promise<unknown> => {
    const { log, lastAttempt } = context;
    if (error instanceof DelayedError || error instanceof UnrecoverableError) return error;
    if (setup.stopSignal.aborted) {
      // A job that a deploy has cut goes back as it was and costs no attempt.
      count('stopped');
      await job.moveToWait(token);
      return new WaitingError('the process is stopping');
    }
    const outage = outageIn(error, context);
    if (outage !== null) {
      // It may outlast all attempts, and reconcile never touches a job that has failed for good.
      count('postponed');
      log.warn({ err: error }, `job postponed: ${outage}`);
      return putOff(spread(RETRY_OUTAGE_MS), outage, job, token);
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
      raiseAlert({ log, metrics }, 'queue_paused', { provider: error.provider });
      await hold.pause();
      return putOff(RETRY_AFTER_PAUSE_MS, 'the provider refuses our settings', job, token);
    }
    count(lastAttempt ? 'failed' : 'retried');
    log.warn({ err: error, attempt: job.attemptsMade + 1, lastAttempt }, 'job failed');
    return error;
  };

  /** Never by the raw instant: BullMQ compares with this machine's own clock, which may differ from ours. Costs no attempt. */
  const putOff = async (ms: number, why: string, job: Job, token: string | undefined): Promise<DelayedError> => {
    await job.moveToDelayed(Date.now() + ms, token);
    return new DelayedError(why);
  };

  const quarantine = async (job: Job): Promise<UnrecoverableError> => {
    count('quarantined');
    raiseAlert({ log: queueLog, metrics }, 'poisoned_job', { jobId: job.id });
    await job.updateProgress(condemned(job.stalledCounter));
    return new UnrecoverableError('quarantined as poison: its worker died three times, at last while no other suspect ran');
  };

  const newerVersions = new Set<number>();
  const park = async (version: number, job: Job, token: string | undefined): Promise<DelayedError> => {
    count('parked');
    // Once a process, and not at each look of each job.
    if (!newerVersions.has(version))
      raiseAlert({ log: queueLog, metrics }, 'unknown_payload_version', { jobId: job.id, version, known: contract.version });
    newerVersions.add(version);
    return putOff(spread(PARKED_MS), `payload version ${version} is for a later release`, job, token);
  };

  const worker = new ReadingWorker(contract.name, run, {
    connection: setup.redis,
    prefix: queuePrefix(setup.prefix, contract.name),
    concurrency: setup.concurrency,
    lockDuration: LOCK_MS,
    stalledInterval: STALLED_INTERVAL_MS,
    maxStalledCount: NEVER_BY_BULLMQ,
    // Far above what can happen: BullMQ obeys `queue.rateLimit` only where a limiter is set.
    limiter: { max: 1_000_000, duration: 1000 },
    ...retention(contract),
  });
  let told = '';
  worker.on('error', (error) => {
    // One line a fault: while Redis takes no writes, BullMQ asks it hundreds of times a second.
    if (error.message !== told) queueLog.warn({ err: error }, 'worker error');
    told = error.message;
  });
  worker.on('completed', () => (told = ''));
  worker.on('lockRenewalFailed', (jobIds: string[]) => {
    for (const id of jobIds) worker.cancelJob(id, 'the lock was lost');
  });
  return worker;
}

/** Data that is no JSON would make BullMQ stumble before it calls us, at every fetch and for ever: the job would never fail. */
class ReadingWorker extends Worker {
  protected override createJob(raw: JobJson, jobId: string): Job {
    try {
      return super.createJob(raw, jobId);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      return super.createJob({ ...raw, data: 'null' }, jobId);
    }
  }
}

/** Not all at the same moment. */
const spread = (ms: number): number => ms * (1 + Math.random());
