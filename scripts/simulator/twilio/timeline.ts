import type { Clock } from '../clock.ts';

/** Thrown out of whatever goes on in a call when it ends before its TwiML does. */
export class CallEnded extends Error {
  readonly by: 'caller' | 'person' | 'time-limit' | 'simulator';

  constructor(by: CallEnded['by']) {
    super(`ended by ${by}`);
    this.name = 'CallEnded';
    this.by = by;
  }
}

/** A call's own time: it counts what the call says and waits, not what our network or a busy machine adds, so that durations are true at any speed. */
export interface Timeline {
  now: () => number;
  /** Lets time pass; throws CallEnded when the call ends meanwhile. */
  elapse: (ms: number) => Promise<void>;
  /** Waits for work that takes no time of the call's own; throws CallEnded when the call ends meanwhile. */
  during: <T>(work: Promise<T>) => Promise<T>;
  /** The call ends so long from now. */
  endAfter: (ms: number, by: CallEnded['by']) => void;
  end: (by: CallEnded['by']) => void;
  readonly signal: AbortSignal;
}

export const createTimeline = (clock: Clock): Timeline => {
  const ending = new AbortController();
  let at = clock.now();
  let deadline: { at: number; by: CallEnded['by'] } | null = null;

  return {
    signal: ending.signal,
    now: () => at,
    endAfter: (ms, by) => {
      if (!deadline || at + ms < deadline.at) deadline = { at: at + ms, by };
    },
    end: (by) => {
      ending.abort(new CallEnded(by));
    },
    during: async (work) => {
      const { promise: ended, reject } = Promise.withResolvers<never>();
      const onEnd = () => {
        reject(ending.signal.reason as CallEnded);
      };
      ending.signal.addEventListener('abort', onEnd);
      try {
        return await Promise.race([work, ended]);
      } finally {
        ending.signal.removeEventListener('abort', onEnd);
      }
    },
    elapse: async (ms) => {
      const until = deadline && deadline.at < at + ms ? deadline : null;
      const wait = (until?.at ?? at + ms) - at;
      const began = clock.now();
      try {
        await clock.sleep(wait, ending.signal);
      } catch {
        at += Math.min(wait, clock.now() - began);
        throw ending.signal.reason;
      }
      at += wait;
      if (until) throw new CallEnded(until.by);
    },
  };
};
