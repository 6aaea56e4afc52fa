import { setTimeout as delay } from 'node:timers/promises';

export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;

/** The one clock. Everything that decides by time asks it; nothing else reads the machine's. */
export interface Time {
  /** The present moment: the database's clock, shifted and scaled as the settings say. */
  now(): Date;
  /** A span of real milliseconds in this clock's own milliseconds: for network time-outs and leases, which a faster clock must not shorten. */
  span(realMs: number): number;
  /** Real milliseconds from now until `at`, never negative. */
  until(at: Date): number;
  /** Resolves after so many real milliseconds. */
  wait(realMs: number): Promise<void>;
  /** Asks another clock, the database's, and follows it from now on. */
  correctBy(ask: () => Promise<Date>): Promise<void>;
}

export interface TimeSettings {
  /** How many times faster than real time; 1 outside tests and the demo. */
  scale: number;
  /** Real epoch milliseconds at which the scaled clock and the real one agree; the same in all processes. */
  anchorMs: number;
  offsetMs: number;
}

/** `realNow` is the machine's clock in epoch milliseconds. */
export function createTime({ scale, anchorMs, offsetMs }: TimeSettings, realNow: () => number = Date.now): Time {
  let ahead = 0;
  const nowMs = () => anchorMs + (realNow() + ahead - anchorMs) * scale + offsetMs;
  return {
    now: () => new Date(nowMs()),
    span: (realMs) => realMs * scale,
    until: (at) => Math.max(0, (at.getTime() - nowMs()) / scale),
    wait: (realMs) => delay(realMs),
    async correctBy(ask) {
      const sent = realNow();
      const theirs = await ask();
      // The answer was true somewhere between sending and receiving.
      ahead = theirs.getTime() - (sent + realNow()) / 2;
    },
  };
}
