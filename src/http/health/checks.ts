import { SECOND } from '#src/platform/time.ts';
import { within } from '#src/platform/within.ts';

/** Resolves with null when all is well, else with what is wrong, for everybody to read: no host name, no address. A rejection counts as no answer. */
export type Check = () => Promise<string | null>;

export type CheckResult = { status: 'ok' } | { status: 'failed'; reason: string };

const BOUND = SECOND;

/** Runs them side by side, none longer than a second. `failed` hears of the errors behind missing answers. */
export async function runChecks(
  checks: Record<string, Check>,
  failed: (check: string, error: unknown) => void,
): Promise<Record<string, CheckResult>> {
  const results = await Promise.all(
    Object.entries(checks).map(async ([name, check]): Promise<[string, CheckResult]> => {
      try {
        const reason = await within(BOUND, check());
        return [name, reason === null ? { status: 'ok' } : { status: 'failed', reason }];
      } catch (error) {
        failed(name, error);
        return [name, { status: 'failed', reason: 'does not answer' }];
      }
    }),
  );
  return Object.fromEntries(results);
}
