import { isDatabaseAway } from '#src/db/database-away.ts';
import { redisRefusesWrites } from '#src/platform/redis-refuses-writes.ts';
import { AnalysisUnusable, PermanentlyRefused, ProviderMisconfigured, RateLimited } from '#src/providers/errors.ts';
import { JobTooLong } from './job-signal.ts';
import type { RunContext } from './processor.ts';

/** Whether the job ends with this error: repeating will not help, or its retries have run out and this is no error that costs none. */
export function isFinal(error: unknown, { lastAttempt, signal }: Pick<RunContext, 'lastAttempt' | 'signal'>): boolean {
  if (isHopeless(error)) return true;
  if (!lastAttempt || costsNoAttempt(error)) return false;
  // Cut by a stop or a lost lock, the job runs again; one that took too long has used its attempt.
  return !signal.aborted || signal.reason instanceof JobTooLong;
}

/** Whether the same request would always end like this: the job is rejected, for an operator to look. */
export const isHopeless = (error: unknown): error is Error => error instanceof PermanentlyRefused || error instanceof AnalysisUnusable;

/** The whole queue waits for the provider, or the job for the database or for room in Redis; it comes again with as many attempts as before. */
const costsNoAttempt = (error: unknown): boolean =>
  error instanceof RateLimited || error instanceof ProviderMisconfigured || isDatabaseAway(error) || redisRefusesWrites(error);
