import { setImmediate, setTimeout } from 'node:timers/promises';

/** Simulated time. All times are milliseconds since the epoch, all durations simulated milliseconds. */
export interface Clock {
  readonly scale: number;
  readonly anchorMs: number;
  readonly instant: boolean;
  now: () => number;
  /** Waits so long that `simulatedMs` pass on this clock; rejects with an AbortError when the signal fires. */
  sleep: (simulatedMs: number, signal?: AbortSignal) => Promise<void>;
}

export interface ClockOptions {
  /** Simulated seconds in a real one; 1 is real time. */
  scale?: number | undefined;
  /** The real instant at which simulated and real time are equal; the start by default. */
  anchorMs?: number | undefined;
  /** Nothing waits. Durations stay true, since each call counts its own time; its timestamps run ahead of `now()`. */
  instant?: boolean | undefined;
}

export const createClock = ({ scale = 1, anchorMs = Date.now(), instant = false }: ClockOptions = {}): Clock => ({
  scale,
  anchorMs,
  instant,
  now: () => Math.round(anchorMs + (Date.now() - anchorMs) * scale),
  sleep: async (simulatedMs, signal) => {
    const options = signal ? { signal } : {};
    if (instant || simulatedMs <= 0) await setImmediate(undefined, options);
    else await setTimeout(simulatedMs / scale, undefined, options);
  },
});
