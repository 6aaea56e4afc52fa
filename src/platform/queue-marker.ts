import { randomUUID } from 'node:crypto';
import type { RedisClient } from './redis.ts';

/** Tells whether Redis still holds what was put there, or was emptied. */
export interface QueueMarker {
  /** Starts a pass; null when nothing was lost, else a name of the loss: Redis was emptied, and no pass since has come to its end. */
  begin(): Promise<string | null>;
  /** Ends a pass that was told of this loss, unless Redis was emptied again meanwhile. */
  complete(loss: string): Promise<void>;
}

const COMPLETE = 'complete';

/** A pass that began before a second loss has put its jobs where they are lost: it must not speak for the pass that fills Redis after it. */
const COMPLETE_IF_THAT = "if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('SET', KEYS[1], ARGV[2]) end";

export function createQueueMarker(redis: RedisClient, key: string): QueueMarker {
  return {
    async begin() {
      await redis.set(key, `rebuilding ${randomUUID()}`, 'NX');
      const found = await redis.get(key);
      // Gone in this very moment, it is found so by the next pass.
      return found === COMPLETE ? null : (found ?? '');
    },
    async complete(loss) {
      await redis.eval(COMPLETE_IF_THAT, 1, key, loss, COMPLETE);
    },
  };
}
