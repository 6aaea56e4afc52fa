import { setTimeout as delay } from 'node:timers/promises';

export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

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
  /** Follows another clock, the database's, from now on. Resolves like `correct`. */
  correctBy(ask: () => Promise<Date>): Promise<boolean>;
  /**
   * Asks that clock now: before an effect that must not come at a wrong hour, since the machine's clock may have been set, or have stood
   * still, since it was last asked. False when no answer was quick enough to go by; nothing has changed then. Rejects when it cannot be asked.
   */
  correct(): Promise<boolean>;
}

export interface TimeSettings {
  /** How many times faster than real time; 1 outside tests and the demo. */
  scale: number;
  /** Real epoch milliseconds at which the scaled clock and the real one agree; the same in all processes. */
  anchorMs: number;
  offsetMs: number;
}

/** An answer that was on its way for longer, in real milliseconds, says little: a process or a server stood still meanwhile. */
const LONGEST_WAY_MS = 2 * SECOND;
const TRIES = 3;

/** `realNow` is the machine's clock in epoch milliseconds. */
export function createTime({ scale, anchorMs, offsetMs }: TimeSettings, realNow: () => number = Date.now): Time {
  let ahead = 0;
  let askOther: (() => Promise<Date>) | null = null;
  const nowMs = () => anchorMs + (realNow() + ahead - anchorMs) * scale + offsetMs;
  const correct = async (): Promise<boolean> => {
    if (!askOther) return true;
    for (let tries = 0; tries < TRIES; tries += 1) {
      const sent = realNow();
      const theirs = await askOther();
      const way = realNow() - sent;
      // The machine's clock may have been set meanwhile, also back.
      if (way < 0 || way > LONGEST_WAY_MS) continue;
      // The answer was true somewhere between sending and receiving.
      ahead = theirs.getTime() - (sent + way / 2);
      return true;
    }
    return false;
  };
  return {
    now: () => new Date(nowMs()),
    span: (realMs) => realMs * scale,
    until: (at) => Math.max(0, (at.getTime() - nowMs()) / scale),
    wait: (realMs) => delay(realMs),
    correctBy: (ask) => {
      askOther = ask;
      return correct();
    },
    correct,
  };
}
