import type { ObjectId } from 'mongodb';
import { isDatabaseAway } from '#src/db/database-away.ts';
import type { Logger } from '#src/platform/logger.ts';
import { redisRefusesWrites } from '#src/platform/redis-refuses-writes.ts';

/**
 * Deals with one item after the other. One that nothing can be done with must not keep the others waiting, pass after pass: it is logged,
 * and comes again with the next one. Throws what concerns all of them.
 */
export async function eachByItself<Item extends { _id: ObjectId }>(
  items: readonly Item[],
  deal: (item: Item) => Promise<void>,
  log: Logger,
): Promise<void> {
  for (const item of items) {
    try {
      await deal(item);
    } catch (error) {
      if (isDatabaseAway(error) || redisRefusesWrites(error)) throw error;
      log.error({ err: error, id: item._id.toHexString() }, 'left alone in this pass: it cannot be dealt with');
    }
  }
}
