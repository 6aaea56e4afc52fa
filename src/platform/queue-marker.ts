import type { RedisClient } from './redis.ts';

/** Tells whether Redis still holds what was put there, or was emptied. */
export interface QueueMarker {
  /** Starts a pass; true when Redis was emptied, or a pass that had found it so did not end. */
  begin(): Promise<boolean>;
  /** Ends a pass that was told so, unless Redis was emptied again meanwhile. */
  complete(): Promise<void>;
}

export function createQueueMarker(redis: RedisClient, key: string): QueueMarker {
  return {
    async begin() {
      if ((await redis.get(key)) === 'complete') return false;
      await redis.set(key, 'rebuilding');
      return true;
    },
    async complete() {
      await redis.set(key, 'complete', 'XX');
    },
  };
}
