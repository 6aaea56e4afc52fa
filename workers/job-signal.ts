export interface JobSignal {
  signal: AbortSignal;
  /** Lets go of the timer and of the sources; must be called when the run is over. */
  release(): void;
}

/** The reason of a run's signal when it took longer than its contract allows. */
export class JobTooLong extends Error {
  constructor(timeoutMs: number) {
    super(`the job took longer than ${timeoutMs} ms`);
    this.name = 'JobTooLong';
  }
}

/** A signal for one run: aborted by any of the sources, or after `timeoutMs` for the reason that `tooLong` gives then. Plain listeners, because AbortSignal.any() keeps each run reachable from a source that lives as long as the process. */
export function jobSignal(
  sources: (AbortSignal | undefined)[],
  timeoutMs: number,
  tooLong: () => Error = () => new JobTooLong(timeoutMs),
): JobSignal {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(tooLong()), timeoutMs);
  const watched = sources
    .filter((source) => source !== undefined)
    .map((source) => {
      const forward = () => controller.abort(source.reason);
      if (source.aborted) forward();
      source.addEventListener('abort', forward, { once: true });
      return () => source.removeEventListener('abort', forward);
    });
  return {
    signal: controller.signal,
    release() {
      clearTimeout(timer);
      for (const unwatch of watched) unwatch();
    },
  };
}

/** The work's result, or the signal's reason if that comes first: a processor that ignores its signal must not hold its place for ever. */
export async function unlessAborted<Result>(work: Promise<Result>, signal: AbortSignal): Promise<Result> {
  let onAbort = (): void => undefined;
  const aborted = new Promise<never>((_, fail) => {
    onAbort = () => fail(signal.reason as Error);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
