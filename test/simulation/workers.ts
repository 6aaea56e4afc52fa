import { catalogue, type QueueName } from '#queues/catalogue.ts';
import type { Logger } from '#src/platform/logger.ts';
import { ProviderMisconfigured, RateLimited } from '#src/providers/errors.ts';
import { analyseTranscript } from '#workers/ai-analysis.ts';
import { applyCallEvent } from '#workers/call-event.ts';
import { placeCall } from '#workers/call.ts';
import { JobTooLong, unlessAborted } from '#workers/job-signal.ts';
import { pushNotification } from '#workers/notification.ts';
import { outageIn, waitsOutOutages } from '#workers/outages.ts';
import { reject, type Outcome } from '#workers/outcome.ts';
import type { RunContext } from '#workers/processor.ts';
import { runReconcile } from '#workers/reconcile.ts';
import { copyRecording } from '#workers/recording.ts';
import { planNextAttempt } from '#workers/retry.ts';
import { transcribeRecording } from '#workers/transcription.ts';
import { isBug } from './is-bug.ts';
import type { Process, SimDeps } from './process.ts';
import type { SimJob, SimQueue } from './queue.ts';
import type { World } from './world.ts';

type Run = (payload: never, deps: SimDeps, context: RunContext) => Promise<Outcome>;

/** The real ones. Metrics and books are counted elsewhere. */
const PROCESSORS: Partial<Record<QueueName, Run>> = {
  call: placeCall,
  'call-event': applyCallEvent,
  recording: copyRecording,
  transcription: transcribeRecording,
  'ai-analysis': analyseTranscript,
  retry: planNextAttempt,
  notification: pushNotification,
  reconcile: runReconcile,
};

const failAgain: Run = async () => reject('it had failed before Redis was emptied');

/** As in workers/start-worker.ts, in milliseconds. */
const LOCK_LOST_MS = [8000, 14_000] as const;
const MOST_STALLS = 3;
const SHORTEST_SNOOZE_MS = 1000;
const RETRY_OUTAGE_MS = 5000;
const RETRY_AFTER_PAUSE_MS = 60_000;
/** When there is no worker, or the queue is held: looked at again. */
const LOOK_AGAIN_MS = 1000;

class LockLost extends Error {}

const SILENT = { info: () => undefined, warn: () => undefined, error: () => undefined, debug: () => undefined } as unknown as Logger;

/** Runs jobs in worker processes as BullMQ and workers/start-worker.ts do: locks, stalls, retries, snoozes, holds. */
export function connectWorkers(queue: SimQueue, workers: () => Process[], world: World) {
  const { random, scheduler, counter } = world;
  let runs = 0;

  const isIts = (job: SimJob, run: number) => queue.jobs.get(job.id) === job && job.state === 'active' && job.run === run;

  const take = (job: SimJob) => {
    if (queue.jobs.get(job.id) !== job || job.state !== 'waiting' || job.dueAt > scheduler.now()) return;
    const held = (queue.heldUntil.get(job.name) ?? 0) > scheduler.now() || world.away.redis > scheduler.now();
    const running = workers().filter(({ actor }) => actor.state() === 'running');
    if (held || running.length === 0) return void scheduler.after(LOOK_AGAIN_MS, `look again at ${job.id}`, () => take(job));
    start(job, random.pick(running));
  };

  /** One run; `job` is this run's until another takes its lock. */
  const start = (job: SimJob, { actor, deps }: Process) => {
    const run = (runs += 1);
    job.state = 'active';
    job.run = run;
    const controller = new AbortController();
    const { signal } = controller;
    const contract = catalogue[job.name];
    const timeout = actor.timer(contract.timeoutMs, `${job.id} takes too long`, () => controller.abort(new JobTooLong(contract.timeoutMs)));
    const lock = watchLock(job, run, actor, controller);
    job.attemptsStarted += 1;
    const context = {
      log: SILENT,
      signal,
      lastAttempt: job.attemptsMade + 1 >= contract.retry.attempts,
      waitsOutOutages: waitsOutOutages(job),
    };
    world.trace(`  ${actor.name} starts ${job.id}`);
    const processor = job.failsAtOnce ? failAgain : (PROCESSORS[job.name] as Run);
    const settle = (what: string, change: () => void) =>
      void actor.trip(`${job.id}: ${what}`, () => {
        if (world.away.redis > scheduler.now())
          return void actor.timer(LOOK_AGAIN_MS, `${job.id}: ${what} again`, () => settle(what, change));
        lock.over = true;
        if (isIts(job, run)) change();
        else counter.add('runs that had lost their lock');
      });
    unlessAborted(processor(job.payload as never, deps, context), signal).then(
      (outcome) => {
        timeout.cancel();
        counter.add(`${job.name}: ${outcome.kind}`);
        settle(said(outcome), () => end(job, outcome, deps));
      },
      (error: unknown) => {
        timeout.cancel();
        if (isBug(error)) world.fail(`${job.id} threw ${error.stack ?? String(error)}`);
        settle(`threw ${String(error)}`, () => endFailed(job, error, context));
      },
    );
  };

  /** A process that is dead or stands still renews no lock; one that has lost it is told by its next renewal. */
  const watchLock = (job: SimJob, run: number, actor: Process['actor'], controller: AbortController) => {
    const lock = { over: false };
    const look = () => {
      if (lock.over) return;
      const held = isIts(job, run);
      if (held && actor.state() === 'running') return watch();
      if (held) stall(job);
      actor.deliver(`lock of ${job.id} is lost`, () => controller.abort(new LockLost()));
    };
    const watch = () => void scheduler.after(random.between(...LOCK_LOST_MS), `lock of ${job.id}`, look, { daemon: true });
    watch();
    return lock;
  };

  const stall = (job: SimJob) => {
    counter.add('jobs stalled');
    job.stalls += 1;
    if (job.stalls > MOST_STALLS) job.state = 'failed';
    else queue.requeue(job, 0);
  };

  const end = (job: SimJob, outcome: Outcome, { time }: SimDeps) => {
    switch (outcome.kind) {
      case 'done':
      case 'skipped':
        job.state = 'completed';
        return;
      case 'snoozed':
        queue.requeue(job, Math.max(SHORTEST_SNOOZE_MS, time.until(outcome.until)));
        return;
      case 'rejected':
        if (job.failsAtOnce) counter.add('jobs that stand among the failed again');
        job.failsAtOnce = false;
        job.state = 'failed';
        return;
    }
  };

  /** A hold that lasts longer stays as it is. */
  const hold = (name: QueueName, ms: number) =>
    void queue.heldUntil.set(name, Math.max(queue.heldUntil.get(name) ?? 0, scheduler.now() + ms));

  const endFailed = (job: SimJob, error: unknown, context: RunContext) => {
    if (outageIn(error, context) !== null) return queue.requeue(job, RETRY_OUTAGE_MS * (1 + random.next()));
    if (error instanceof RateLimited) {
      hold(job.name, Math.max(1, error.retryAfterMs));
      return queue.requeue(job, 0);
    }
    if (error instanceof ProviderMisconfigured) {
      hold(job.name, random.between(1, 3) * RETRY_AFTER_PAUSE_MS);
      return queue.requeue(job, RETRY_AFTER_PAUSE_MS);
    }
    job.attemptsMade += 1;
    if (context.lastAttempt) {
      counter.add('jobs failed for good');
      job.state = 'failed';
      return;
    }
    const { backoffMs } = catalogue[job.name].retry;
    queue.requeue(job, backoffMs * 2 ** (job.attemptsMade - 1) * random.between(0.5, 1));
  };

  queue.onWaiting = (job) => {
    scheduler.after(job.dueAt - scheduler.now(), `${job.id} is due`, () => take(job));
  };

  return {
    /** The lock is lost though the process lives: another run begins beside it. */
    double(job: SimJob) {
      if (job.state !== 'active') return;
      counter.add('jobs run twice at once');
      queue.requeue(job, 0);
    },
  };
}

const said = (outcome: Outcome): string => ('reason' in outcome ? `${outcome.kind}, ${outcome.reason}` : outcome.kind);
