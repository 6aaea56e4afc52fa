import type { Binary, Finding } from './binary.ts';
import { ServicesError } from './errors.ts';

/** One way to come by a server program. */
export interface Way {
  readonly name: string;
  /** Announced before it is tried, because it may take a while. */
  readonly slow?: boolean;
  /** Must not reject: what does not work is `refused`, with the reason in a few words. */
  attempt(): Promise<Finding>;
}

export type Log = (line: string) => void;

/**
 * Tries the ways in their order and returns the first program that runs, with one line of log for each way.
 *
 * @throws ServicesError with `advice` when there is none.
 */
export async function obtain(product: string, ways: readonly Way[], advice: string, log: Log): Promise<Binary> {
  for (const way of ways) {
    if (way.slow) log(`${product}: ${way.name} …`);
    const finding = await way.attempt();
    if ('found' in finding) {
      log(`${product}: ${way.name}: version ${finding.found.version}`);
      return finding.found;
    }
    log(`${product}: ${way.name}: ${finding.refused}`);
  }
  throw new ServicesError(advice);
}
