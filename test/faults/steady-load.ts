import { setTimeout as delay } from 'node:timers/promises';

export interface Given {
  /** 0: no answer at all, within ten seconds. */
  status: number;
  /** Real milliseconds until the answer was read, measured by the client. */
  ms: number;
  text: string;
}

/** An upstream system's patience. */
const HANGS_MS = 10_000;

/** Sends so many requests, each at its own moment, whether or not the ones before were answered: who hangs is not spared the next. */
export async function steadily<Result>(count: number, perSecond: number, send: (index: number) => Promise<Result>): Promise<Result[]> {
  const begun = performance.now();
  const sent: Promise<Result>[] = [];
  for (let index = 0; index < count; index += 1) {
    const early = begun + (index * 1000) / perSecond - performance.now();
    if (early > 0) await delay(early);
    sent.push(send(index));
  }
  return Promise.all(sent);
}

/** One request, timed. It never rejects. */
export async function timed(send: () => Promise<{ status: number; text: string }>): Promise<Given> {
  const sent = performance.now();
  const gaveUp = new AbortController();
  const hung = delay(HANGS_MS, { status: 0, text: 'no answer' }, { signal: gaveUp.signal });
  const failed = (error: unknown) => ({ status: 0, text: String(error) });
  const { status, text } = await Promise.race([send().catch(failed), hung.catch(failed)]);
  gaveUp.abort();
  return { status, text, ms: performance.now() - sent };
}

/** `share` 0.99: the time within which 99 of 100 were answered. */
export function percentile(given: readonly Given[], share: number): number {
  const times = given.map(({ ms }) => ms).toSorted((one, other) => one - other);
  return times[Math.max(0, Math.ceil(times.length * share) - 1)] ?? NaN;
}

/** How many answers there were of each status. */
export const statuses = (given: readonly Given[]): Record<string, number> =>
  Object.fromEntries([...Map.groupBy(given, ({ status }) => status)].map(([status, all]) => [status, all.length]));
