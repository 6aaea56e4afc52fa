import { Worker } from 'node:worker_threads';
import type { Logger } from '#src/platform/logger.ts';

export interface Watchdog {
  stop(): Promise<unknown>;
}

/** What the thread is told. */
export interface Watched {
  /** One counter, raised by the main thread `LOOKS` times within the limit. */
  beats: SharedArrayBuffer;
  /** Milliseconds between two looks at it. */
  intervalMs: number;
  /** Looks in a row without a beat after which the process is killed. */
  looks: number;
  limitMs: number;
  logLevel: string;
}

const LOOKS = 20;

/**
 * Kills this process (SIGKILL, after one line in the log) when its event loop has stood still for `limitMs`: a thread of its own watches,
 * since a blocked loop can neither renew its locks nor end itself. By then other workers take its jobs over; a restart gives this
 * process's queues back, and the job that blocked it has one death more (suspects.ts). A limit of 0 switches it off.
 */
export function startWatchdog(limitMs: number, log: Logger): Watchdog {
  if (limitMs === 0) return { stop: async () => undefined };
  const beats = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
  const counter = new Int32Array(beats);
  const intervalMs = limitMs / LOOKS;
  const workerData: Watched = { beats, intervalMs, looks: LOOKS, limitMs, logLevel: log.level };
  const beating = setInterval(() => Atomics.add(counter, 0, 1), intervalMs).unref();
  const thread = new Worker(new URL('./watchdog-thread.ts', import.meta.url), {
    workerData,
    // It needs next to nothing, and must never be what fills the memory.
    resourceLimits: { maxOldGenerationSizeMb: 32, maxYoungGenerationSizeMb: 8 },
  });
  thread.unref();
  thread.on('error', (error) => log.error({ err: error }, 'nobody watches the event loop any more'));
  return {
    stop() {
      clearInterval(beating);
      return thread.terminate();
    },
  };
}
