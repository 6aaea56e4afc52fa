/** Rejected because the time was up; what was waited for may still go on. */
export class TooLate extends Error {
  constructor(ms: number) {
    super(`no answer within ${ms} ms`);
    this.name = 'TooLate';
  }
}

/** Waits for `work` no longer than `ms`; then rejects with `TooLate`. The work itself is not stopped, and its own late failure is ignored. */
export const within = <T>(ms: number, work: Promise<T>): Promise<T> => patiently(work)(ms);

/** The same for who waits again and again, one time after the other: on work that goes on for long, a promise raced with it each time would be kept each time. */
export function patiently<T>(work: Promise<T>): (ms: number) => Promise<T> {
  let outcome: { value: T } | { error: unknown } | undefined;
  let wake = (): void => undefined;
  const settle = (settled: typeof outcome): void => {
    outcome = settled;
    wake();
  };
  work.then(
    (value) => settle({ value }),
    (error: unknown) => settle({ error }),
  );
  return async (ms) => {
    if (!outcome) await wokenWithin(ms, (woken) => (wake = woken));
    if (!outcome) throw new TooLate(ms);
    if ('error' in outcome) throw outcome.error;
    return outcome.value;
  };
}

const wokenWithin = (ms: number, onWake: (wake: () => void) => void): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    onWake(() => {
      clearTimeout(timer);
      resolve();
    });
  });
