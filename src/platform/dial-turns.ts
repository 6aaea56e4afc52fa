import { createDepartures } from './departures.ts';
import type { RedisClient } from './redis.ts';
import { SECOND } from './time.ts';
import { createTurns, type Turn } from './turns.ts';
import { TooLate, within } from './within.ts';

/**
 * The pace of calls over all processes, kept at two places. What is promised: at most `callsPerSecond` requests for calls are written to
 * their sockets in any one second; at one call a second they are a second apart, at half a call two. Twilio sees it so as far as the ways
 * there take equally long, to within `ROADS_MS`. Price: some 4 % of the pace.
 */
export interface DialTurns {
  /** A place in the line, before an attempt is claimed: claims are made only as fast as calls may go, evenly, in the order of the queue. */
  take(patienceMs: number): Promise<Turn>;
  /**
   * The moment itself, to be awaited as the last thing before the request is written: from the line to here one call takes longer than
   * another, by its claim, its look at the delivery, or a connection that must first be made (100 ms measured). A Redis that says nothing
   * for a second beyond the patience is too long, too: a claim waits for nobody.
   */
  depart(patienceMs: number): Promise<Turn>;
}

/** A timer or an answer of Redis comes some milliseconds late on a busy machine. */
const LATE_MS = 25;
/** By so much the way of one request to Twilio may be shorter than that of the one before. */
const ROADS_MS = 10;
/** The line is slower than the departures: who was late there delays the next by ever less. */
const CATCHING_UP_MS = 5;

export function createDialTurns(redis: RedisClient, prefix: string, callsPerSecond: number): DialTurns {
  const spareMs = LATE_MS + ROADS_MS;
  const most = Math.max(1, Math.floor(callsPerSecond));
  const windowMs = (most / callsPerSecond) * SECOND;
  const line = createTurns(redis, `${prefix}:dial-turn`, (windowMs + spareMs + CATCHING_UP_MS) / most);
  const departures = createDepartures(redis, `${prefix}:dial-departures`, { most, windowMs, spareMs, lateMs: LATE_MS });
  return {
    take: line.take,
    async depart(patienceMs) {
      try {
        return await within(patienceMs + SECOND, departures.take(patienceMs));
      } catch (error) {
        if (error instanceof TooLate) return { kind: 'too-long', waitMs: SECOND };
        throw error;
      }
    },
  };
}
