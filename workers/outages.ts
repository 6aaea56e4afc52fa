import { isDatabaseAway } from '#src/db/database-away.ts';
import { redisRefusesWrites } from '#src/platform/redis-refuses-writes.ts';
import { ProviderDown } from '#src/providers/errors.ts';
import type { RunContext } from './processor.ts';

/** What is out of order, where that is no fault of the job's and it comes again with as many attempts as before; else null. */
export function outageIn(error: unknown, { waitsOutOutages }: Pick<RunContext, 'waitsOutOutages'>): string | null {
  if (isDatabaseAway(error)) return 'the database is away';
  if (redisRefusesWrites(error)) return 'Redis takes no writes';
  return waitsOutOutages && error instanceof ProviderDown ? 'a provider is down' : null;
}

/**
 * A job may be begun so often more than it uses up attempts, and while it may, a provider that is down costs it none: each process finds out
 * by three failures of its own that its provider is down, and a lonely job may meet all processes in turn. A job whose own request always
 * fails (a recording that makes a server stumble) has used its free runs up after some minutes, and then its attempts.
 */
const MOST_FREE_RUNS = 30;
export const waitsOutOutages = ({ attemptsStarted, attemptsMade }: { attemptsStarted: number; attemptsMade: number }): boolean =>
  attemptsStarted - attemptsMade <= MOST_FREE_RUNS;
