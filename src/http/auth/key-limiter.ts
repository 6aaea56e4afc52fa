import { RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import type { RedisClient } from '#src/platform/redis.ts';
import { SECOND } from '#src/platform/time.ts';

export interface Rate {
  requests: number;
  periodMs: number;
}

export interface KeyLimiter {
  /** Counts one request; answers 0 when it may pass, else in how many milliseconds the key may try again. Never waits. */
  take(id: string, rate: Rate): number;
  /** Tells Redis what has not been told yet. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

interface Count {
  limiter: RateLimiterRedis;
  rate: Rate;
  /** Requests in this window of all processes, as far as told. */
  told: number;
  /** Our own that have not been told yet. */
  pending: number;
  endsAt: number;
  telling: Promise<void> | undefined;
}

/**
 * A rate limit per key over all processes. A request is counted in memory, and Redis is told every second, or earlier when a hundredth of the limit
 * has come together: so it costs the request nothing, and a limit is overrun by what the other processes let pass in that time, about 1 % each.
 * While Redis is away, each process goes on counting for itself.
 */
export function createKeyLimiter(redis: RedisClient, prefix: string, monotonic: () => number): KeyLimiter {
  const counts = new Map<string, Count>();

  const open = (id: string, rate: Rate): Count => {
    const count = {
      limiter: new RateLimiterRedis({
        storeClient: redis,
        keyPrefix: `${prefix}:rate`,
        points: rate.requests,
        duration: Math.max(1, Math.ceil(rate.periodMs / SECOND)),
        rejectIfRedisNotReady: true,
      }),
      rate,
      told: 0,
      pending: 0,
      endsAt: monotonic() + rate.periodMs,
      telling: undefined,
    };
    counts.set(id, count);
    return count;
  };

  const tellNow = async (id: string, count: Count): Promise<void> => {
    const told = count.pending;
    const result = await consume(count.limiter, id, told);
    count.pending = Math.max(0, count.pending - told);
    if (result) {
      count.told = result.consumedPoints;
      count.endsAt = monotonic() + result.msBeforeNext;
    } else {
      count.told += told;
    }
  };

  const tell = (id: string, count: Count): Promise<void> =>
    (count.telling ??= tellNow(id, count).finally(() => {
      count.telling = undefined;
    }));

  const flush = async () => {
    const now = monotonic();
    for (const [id, count] of counts) if (now >= count.endsAt && count.pending === 0) counts.delete(id);
    await Promise.all(
      [...counts].map(async ([id, count]) => {
        await count.telling;
        if (count.pending > 0) await tell(id, count);
      }),
    );
  };
  const timer = setInterval(() => void flush(), SECOND);
  timer.unref();

  return {
    take(id, rate) {
      const found = counts.get(id);
      const count = found?.rate.requests === rate.requests && found.rate.periodMs === rate.periodMs ? found : open(id, rate);
      const now = monotonic();
      if (now >= count.endsAt) Object.assign(count, { told: 0, pending: 0, endsAt: now + rate.periodMs });
      if (count.told + count.pending >= rate.requests) return Math.max(1, count.endsAt - now);
      count.pending += 1;
      if (count.pending >= rate.requests / 100) void tell(id, count);
      return 0;
    },
    flush,
    async close() {
      clearInterval(timer);
      await flush();
    },
  };
}

/** How the window stands after these; null while Redis is away. Over the limit is told by a rejection with the same content. */
async function consume(limiter: RateLimiterRedis, id: string, requests: number): Promise<RateLimiterRes | null> {
  try {
    return await limiter.consume(id, requests);
  } catch (reason) {
    return reason instanceof RateLimiterRes ? reason : null;
  }
}
