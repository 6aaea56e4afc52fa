import { createHash } from 'node:crypto';
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import type { RedisClient } from '#src/platform/redis.ts';

/** Attempts for one e-mail from one address, in so many seconds. */
const ATTEMPTS = { points: 5, duration: 15 * 60 };

/** Passwords that are checked at the same time: each takes a core and 19 MiB for a while, whoever sends it. */
const AT_ONCE = 4;

export interface LoginThrottle {
  /** Counts an attempt; answers 0 when it may be made, else in how many seconds the next one may. */
  attempt(email: string, ip: string): Promise<number>;
  /** After a right password the count starts again. */
  forget(email: string, ip: string): Promise<void>;
  /** Runs it unless too many run already; null then. */
  guarded<T>(work: () => Promise<T>): Promise<T | null>;
}

/** Held in Redis for all processes, in memory while Redis is away. Redis sees a hash, no e-mail. */
export function createLoginThrottle(redis: RedisClient, prefix: string): LoginThrottle {
  const limiter = new RateLimiterRedis({
    ...ATTEMPTS,
    storeClient: redis,
    keyPrefix: `${prefix}:login`,
    rejectIfRedisNotReady: true,
    insuranceLimiter: new RateLimiterMemory(ATTEMPTS),
  });
  const keyOf = (email: string, ip: string) => createHash('sha256').update(`${email}\n${ip}`).digest('hex');
  let running = 0;

  return {
    async attempt(email, ip) {
      try {
        await limiter.consume(keyOf(email, ip));
        return 0;
      } catch (reason) {
        if (!(reason instanceof RateLimiterRes)) throw reason;
        return Math.max(1, Math.ceil(reason.msBeforeNext / 1000));
      }
    },
    async forget(email, ip) {
      await limiter.delete(keyOf(email, ip));
    },
    async guarded(work) {
      if (running >= AT_ONCE) return null;
      running += 1;
      try {
        return await work();
      } finally {
        running -= 1;
      }
    },
  };
}
