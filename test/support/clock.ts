import type { Time } from '#src/platform/time.ts';

export interface TestClock extends Time {
  advance(ms: number): void;
  set(at: Date): void;
}

/** A Tuesday, ten in the morning in New York, where the makers' customers live. */
export const MORNING = new Date('2026-03-10T14:00:00Z');

/** Time that stands still until the test moves it: nobody waits. A span is what it is. */
export function testClock(start = MORNING): TestClock {
  let ms = start.getTime();
  return {
    now: () => new Date(ms),
    span: (realMs) => realMs,
    until: (at) => Math.max(0, at.getTime() - ms),
    wait: async () => undefined,
    correctBy: async () => true,
    correct: async () => true,
    advance: (by) => void (ms += by),
    set: (at) => void (ms = at.getTime()),
  };
}
