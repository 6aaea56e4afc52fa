import { whenAbandoned } from './when-abandoned.ts';

/** The exit code of a command that was asked to end before it could say how it went. */
export const INTERRUPTED = 130;

export interface Asked {
  /** Aborted when the command is asked to end. */
  signal: AbortSignal;
  /** Resolves when the command is asked to end. */
  ended: Promise<void>;
}

/** Asked to end by Ctrl-C, SIGTERM or SIGHUP, or because its npm is gone. Asked a second time it ends at once, and what it runs with it. */
export function askedToEnd(): Asked {
  const asked = new AbortController();
  const ended = new Promise<void>((resolve) => {
    const end = (): void => {
      if (asked.signal.aborted) process.exit(INTERRUPTED);
      asked.abort(new Error('asked to end'));
      resolve();
    };
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, end);
    whenAbandoned(end);
  });
  return { signal: asked.signal, ended };
}
