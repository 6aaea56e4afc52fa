import type { reconcile } from '#queues/reconcile.ts';
import { CircuitOpen, ProviderMisconfigured, RateLimited } from '#src/providers/errors.ts';
import { done } from './outcome.ts';
import type { Processor, RunContext } from './processor.ts';
import { restoreJobs, type RestoreJobsDeps } from './steps/restore-jobs.ts';
import { closeSilentCalls, settleUnknown, type SettleCallsDeps } from './steps/settle-calls.ts';
import { planMissingAttempts, type PlanMissingDeps } from './steps/plan-missing-attempts.ts';
import { endCancelledCalls, type EndCancelledDeps } from './steps/end-cancelled-calls.ts';
import { endStrayCalls, type EndStrayDeps } from './steps/end-stray-calls.ts';
import { followCancellations, type FollowCancellationsDeps } from './steps/follow-cancellations.ts';
import { findRecordings, type FindRecordingsDeps } from './steps/find-recordings.ts';

export type ReconcileDeps = RestoreJobsDeps &
  SettleCallsDeps &
  EndCancelledDeps &
  EndStrayDeps &
  PlanMissingDeps &
  FollowCancellationsDeps &
  FindRecordingsDeps;

/** One pass: what state calls for and Redis lacks is enqueued again; what nobody knows is looked up at Twilio. Any number may run at once. */
export const runReconcile: Processor<typeof reconcile, ReconcileDeps> = async (_payload, deps, context) => {
  const missing = await planMissingAttempts(deps, context);
  const cancellations = await followCancellations(deps, context);
  const restored = await restoreJobs(deps);
  const found = { ...missing, cancellations, ...restored, ...(await askTwilio(deps, context)) };
  if (Object.values(found).some((count) => count > 0)) context.log.info(found, 'reconciled');
  return done();
};

type Counts = Record<string, number>;

/** Each kind of question that Twilio is asked in a pass. Resolves with how many of what were settled. */
const QUESTIONS: ((deps: ReconcileDeps, context: RunContext) => Promise<Counts>)[] = [
  async (deps, { signal }) => ({ cancelled: await endCancelledCalls(deps, signal) }),
  async (deps, context) => ({ ...(await settleUnknown(deps, context)) }),
  async (deps, context) => ({ ended: await closeSilentCalls(deps, context) }),
  async (deps, context) => ({ recordings: await findRecordings(deps, context) }),
  async (deps, context) => ({ strays: await endStrayCalls(deps, context) }),
];

/**
 * Last, and its failure is not the pass's: while Twilio is away or refuses us, lost jobs are given back all the same, and this queue is
 * not held. A kind of question that fails keeps no other from being asked, unless Twilio speaks to the whole account.
 */
async function askTwilio(deps: ReconcileDeps, context: RunContext): Promise<Counts> {
  const { log, signal } = context;
  const counts: Counts = {};
  for (const ask of QUESTIONS) {
    try {
      // Two look-ups prove something only where they are a minute apart: not by a clock that was set between them.
      if (!(await deps.time.correct())) throw new Error('the database takes too long to tell the time');
      Object.assign(counts, await ask(deps, context));
    } catch (error) {
      if (signal.aborted) throw error;
      log.warn({ err: error }, 'calls could not be looked up');
      if (isToTheAccount(error)) break;
    }
  }
  return counts;
}

/** A circuit of ours says only that one kind of request fails. */
const isToTheAccount = (error: unknown): boolean =>
  error instanceof ProviderMisconfigured || (error instanceof RateLimited && !(error instanceof CircuitOpen));
