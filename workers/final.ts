import { AnalysisUnusable, PermanentlyRefused, ProviderMisconfigured, RateLimited } from '#src/providers/errors.ts';
import { JobTooLong } from './job-signal.ts';
import { outageIn } from './outages.ts';
import type { RunContext } from './processor.ts';

/** Whether the job ends with this error: repeating will not help, or its retries have run out and this is no error that costs none. */
export function isFinal(
  error: unknown,
  { lastAttempt, waitsOutOutages, signal }: Pick<RunContext, 'lastAttempt' | 'waitsOutOutages' | 'signal'>,
): boolean {
  if (isHopeless(error)) return true;
  if (!lastAttempt || costsNoAttempt(error, { waitsOutOutages })) return false;
  // Cut by a stop or a lost lock, the job runs again; one that took too long has used its attempt.
  return !signal.aborted || signal.reason instanceof JobTooLong;
}

/** Whether the same request would always end like this: the job is rejected, for an operator to look. */
export const isHopeless = (error: unknown): error is Error => error instanceof PermanentlyRefused || error instanceof AnalysisUnusable;

/** The whole queue waits for its provider, or the job for an outage to end; it comes again with as many attempts as before. */
const costsNoAttempt = (error: unknown, context: Pick<RunContext, 'waitsOutOutages'>): boolean =>
  error instanceof RateLimited || error instanceof ProviderMisconfigured || outageIn(error, context) !== null;
