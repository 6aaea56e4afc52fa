import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { RedisClient } from './redis.ts';
import type { Turn, Turns } from './turns.ts';

export interface Limit {
  /** So many departures in any `windowMs`. */
  most: number;
  windowMs: number;
  /** The window is so much longer than the limit's: part of it is used up by departures that are late. */
  spareMs: number;
  /** A process that hears of its moment later than this lets it go and asks for another; less than `spareMs`. */
  lateMs: number;
}

/**
 * KEYS[1]: the latest departures and those that are promised, by their moments in Redis's own milliseconds. ARGV: most, window, patience,
 * name of this departure, which takes the place of a moment that it let go.
 * Answers the wait in milliseconds and 1, or 0 when that is beyond the patience and nothing was promised.
 */
const DEPART = `
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local most, window, patience = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
redis.call('ZREM', KEYS[1], ARGV[4])
local before = redis.call('ZRANGE', KEYS[1], -most, -most, 'WITHSCORES')
local free = now
if before[2] then free = math.max(now, tonumber(before[2]) + window) end
local wait = string.format('%.3f', free - now)
if free - now > patience then return { wait, 0 } end
redis.call('ZADD', KEYS[1], string.format('%.3f', free), ARGV[4])
redis.call('ZREMRANGEBYRANK', KEYS[1], 0, -2 * most - 1)
redis.call('PEXPIRE', KEYS[1], math.ceil(free - now + window) + 1000)
return { wait, 1 }
`;

/**
 * Moments at which something may leave, over all processes, held in Redis: what is done as soon as `take` resolves is done at most `most`
 * times in any `windowMs`, with `most` 1 at gaps of `windowMs`. A timer, or Redis's answer, may be late on a busy machine: then the moment
 * is let go, and is nobody's loss unless others were promised the moments after it. Those who ask are not many and ask late: order and an
 * even pace are the business of `turns.ts`.
 */
export function createDepartures(redis: RedisClient, key: string, { most, windowMs, spareMs, lateMs }: Limit): Turns {
  return {
    async take(patienceMs): Promise<Turn> {
      const name = randomUUID();
      const begun = performance.now();
      for (let asked = begun; ; asked = performance.now()) {
        const patienceLeft = patienceMs - (asked - begun);
        const answer = await redis.eval(DEPART, 1, key, String(most), String(windowMs + spareMs), String(patienceLeft), name);
        const [wait, promised] = answer as [string, number];
        const waitMs = Number(wait);
        if (promised === 0) return { kind: 'too-long', waitMs: Math.ceil(waitMs) };
        // Redis looked at its clock between question and answer: by the later of the two the moment has surely come, by the earlier it is no older.
        await until(performance.now() + waitMs);
        if (performance.now() - (asked + waitMs) <= lateMs) return { kind: 'taken' };
      }
    },
  };
}

/** Not before that moment of `performance.now()`: a timer may be up to a millisecond early. */
async function until(moment: number): Promise<void> {
  for (let rest = moment - performance.now(); rest > 0; rest = moment - performance.now()) await delay(Math.ceil(rest));
}
