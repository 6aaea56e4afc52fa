import { setTimeout as delay } from 'node:timers/promises';
import type { RedisClient } from './redis.ts';

/** `waitMs`: how long it would have been; real milliseconds. */
export type Turn = { kind: 'taken' } | { kind: 'too-long'; waitMs: number };

export interface Turns {
  /** Takes the next turn if it comes within `patienceMs`, and resolves when it has come; otherwise takes none and tells how long it would be. */
  take(patienceMs: number): Promise<Turn>;
}

/**
 * KEYS[1]: when the next turn is free, in Redis's own milliseconds. ARGV: gap between turns, patience.
 * Answers the wait in milliseconds, negative when that is beyond the caller's patience and no turn was taken.
 */
const TAKE = `
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local gap, patience = tonumber(ARGV[1]), tonumber(ARGV[2])
local free = math.max(now, tonumber(redis.call('GET', KEYS[1]) or '0'))
local wait = math.ceil(free - now)
if wait > patience then return -wait end
redis.call('SET', KEYS[1], string.format('%.3f', free + gap), 'PX', math.ceil(free - now + gap) + 1000)
return wait
`;

/**
 * Turns at an even pace over all processes, held in Redis. Evenly spaced, because a counter of a window lets two windows' worth
 * through at its edge; reserved in advance, so that those who wait need not ask again. Spaced are the turns: what is done with one may
 * be done late, and close to what is done with the next.
 */
export function createTurns(redis: RedisClient, key: string, gapMs: number): Turns {
  return {
    async take(patienceMs) {
      const waitMs = Number(await redis.eval(TAKE, 1, key, String(gapMs), String(patienceMs)));
      if (waitMs < 0) return { kind: 'too-long', waitMs: -waitMs };
      if (waitMs > 0) await delay(waitMs);
      return { kind: 'taken' };
    },
  };
}
