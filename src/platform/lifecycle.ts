import type { Logger } from './logger.ts';
import { within } from './within.ts';

export interface Lifecycle {
  /** Registers the closing of something beside its opening. Closed in reverse order, each once. */
  own(name: string, close: () => unknown): void;
  /** Aborted when the grace period is over: what still runs must let go. */
  readonly signal: AbortSignal;
  /** SIGTERM and SIGINT stop the process; a second one kills it. */
  onSignals(): void;
  /** Closes everything. Resolves with true when nothing failed and nothing had to be cut. */
  stop(): Promise<boolean>;
}

/** After the grace period a part that does not let go is left behind: a worker, say, whose Redis is away waits for it for ever. */
const LETTING_GO_MS = 3000;
/** What comes after such a part gets its chance all the same. */
const AT_LEAST_MS = 200;

/** A process's opening and closing. `graceMs` is how long closing may take before `signal` is aborted. */
export function createLifecycle(log: Logger, { graceMs }: { graceMs: number }): Lifecycle {
  const owned: { name: string; close: () => unknown }[] = [];
  const cut = new AbortController();
  let stopping: Promise<boolean> | undefined;

  const closeAll = async (): Promise<boolean> => {
    const timer = setTimeout(() => cut.abort(new Error('the grace period is over')), graceMs);
    timer.unref();
    const deadline = performance.now() + graceMs + LETTING_GO_MS;
    let clean = true;
    for (const { name, close } of owned.toReversed()) {
      try {
        const left = Math.max(AT_LEAST_MS, deadline - performance.now());
        await within(left, (async () => close())());
      } catch (error) {
        clean = false;
        log.error({ err: error, part: name }, 'closing failed');
      }
    }
    clearTimeout(timer);
    return clean && !cut.signal.aborted;
  };

  const stop = () => (stopping ??= closeAll());
  return {
    own: (name, close) => owned.push({ name, close }),
    signal: cut.signal,
    stop,
    onSignals() {
      for (const name of ['SIGTERM', 'SIGINT'] as const) {
        process.on(name, () => {
          if (stopping) process.exit(1);
          log.info({ signal: name }, 'stopping');
          void stop().then((clean) => {
            log.info({ clean }, 'stopped');
            process.exit(clean ? 0 : 1);
          });
        });
      }
    },
  };
}
