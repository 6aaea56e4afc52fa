import type { Producer } from '#queues/producer.ts';
import type { RedisClient } from '#src/platform/redis.ts';

/** The fast path of "nobody takes jobs of this queue", on all workers of all processes. */
export interface QueueHold {
  /** For so many real milliseconds, at least 1. A hold that lasts longer stays as it is. */
  rateLimit(ms: number): Promise<void>;
  /** Until an operator resumes it. */
  pause(): Promise<void>;
}

/** What BullMQ itself writes for "no more jobs for now". */
const FULL = Number.MAX_SAFE_INTEGER;

/**
 * KEYS[1]: BullMQ's limiter. ARGV: what it holds while the queue is held, milliseconds. Otherwise it counts jobs, for a second: a hold
 * replaces that. `queue.rateLimit` is a plain SET, by which a run with a turn to wait for would end what a provider has asked for.
 */
const HOLD = `
if redis.call('GET', KEYS[1]) == ARGV[1] and redis.call('PTTL', KEYS[1]) >= tonumber(ARGV[2]) then return end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
`;

type Queue = NonNullable<ReturnType<Producer['queues']['get']>>;

export const queueHold = (queue: Pick<Queue, 'toKey' | 'pause'>, redis: RedisClient): QueueHold => ({
  async rateLimit(ms) {
    await redis.eval(HOLD, 1, queue.toKey('limiter'), String(FULL), String(ms));
  },
  pause: () => queue.pause(),
});
