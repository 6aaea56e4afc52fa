import type { reconcile } from '#queues/reconcile.ts';
import { done } from './outcome.ts';
import type { Processor, RunContext } from './processor.ts';
import { restoreJobs, type RestoreJobsDeps } from './steps/restore-jobs.ts';
import { settleCalls, type SettleCallsDeps, type SettledCalls } from './steps/settle-calls.ts';
import { planMissingAttempts, type PlanMissingDeps } from './steps/plan-missing-attempts.ts';
import { endCancelledCalls, type EndCancelledDeps } from './steps/end-cancelled-calls.ts';
import { endStrayCalls, type EndStrayDeps } from './steps/end-stray-calls.ts';
import { findRecordings, type FindRecordingsDeps } from './steps/find-recordings.ts';

export type ReconcileDeps = RestoreJobsDeps & SettleCallsDeps & EndCancelledDeps & EndStrayDeps & PlanMissingDeps & FindRecordingsDeps;

/** One pass: what state calls for and Redis lacks is enqueued again; what nobody knows is looked up at Twilio. Any number may run at once. */
export const runReconcile: Processor<typeof reconcile, ReconcileDeps> = async (_payload, deps, context) => {
  const missing = await planMissingAttempts(deps);
  const restored = await restoreJobs(deps);
  const found = { ...missing, ...restored, ...(await askTwilio(deps, context)) };
  if (Object.values(found).some((count) => count > 0)) context.log.info(found, 'reconciled');
  return done();
};

interface Answers extends Partial<SettledCalls> {
  cancelled?: number;
  recordings?: number;
  strays?: number;
}

/** Last, and its failure is not the pass's: while Twilio is away or refuses us, lost jobs are given back all the same, and this queue is not held. */
async function askTwilio(deps: ReconcileDeps, context: RunContext): Promise<Answers> {
  const { log, signal } = context;
  try {
    const cancelled = await endCancelledCalls(deps, signal);
    const settled = await settleCalls(deps, context);
    const recordings = await findRecordings(deps, context);
    return { cancelled, ...settled, recordings, strays: await endStrayCalls(deps, context) };
  } catch (error) {
    if (signal.aborted) throw error;
    log.warn({ err: error }, 'calls could not be looked up');
    return {};
  }
}
