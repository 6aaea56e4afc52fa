import type { reconcile } from '#queues/reconcile.ts';
import { done } from './outcome.ts';
import type { Processor } from './processor.ts';
import { restoreJobs, type RestoreJobsDeps } from './steps/restore-jobs.ts';
import { settleCalls, type SettleCallsDeps } from './steps/settle-calls.ts';
import { planMissingAttempts, type PlanMissingDeps } from './steps/plan-missing-attempts.ts';
import { findRecordings, type FindRecordingsDeps } from './steps/find-recordings.ts';

export type ReconcileDeps = RestoreJobsDeps & SettleCallsDeps & PlanMissingDeps & FindRecordingsDeps;

/** One pass: what state calls for and Redis lacks is enqueued again; what nobody knows is looked up at Twilio. Any number may run at once. */
export const runReconcile: Processor<typeof reconcile, ReconcileDeps> = async (_payload, deps, { log, signal }) => {
  const planned = await planMissingAttempts(deps);
  const settled = await settleCalls(deps, signal);
  const recordings = await findRecordings(deps, signal);
  const restored = await restoreJobs(deps);
  const found = { planned, ...settled, recordings, ...restored };
  if (Object.values(found).some((count) => count > 0)) log.info(found, 'reconciled');
  return done();
};
