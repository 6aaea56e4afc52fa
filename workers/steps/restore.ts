import type { QueueName } from '#queues/catalogue.ts';
import type { Item, Producer } from '#queues/producer.ts';

export interface Restored {
  enqueued: number;
  /** Jobs that failed for good and wait for an operator: left visible, never added again by themselves. */
  failed: number;
}

/**
 * Gives pending work its job back where BullMQ has none. A finished job that BullMQ still keeps would swallow the new one, so it
 * is forgotten first, or `reopen` makes a new id for it.
 */
export async function restore<Name extends QueueName>(
  name: Name,
  items: Item<Name>[],
  producer: Producer,
  reopen: (item: Item<Name>) => Promise<Item<Name> | null> = async (item) => {
    await producer.forget(name, item.payload);
    return item;
  },
): Promise<Restored> {
  const presences = await Promise.all(items.map(({ payload }) => producer.presence(name, payload)));
  const missing = items.filter((_, index) => presences[index] === 'missing');
  const finished = items.filter((_, index) => presences[index] === 'completed');
  const reopened = (await Promise.all(finished.map(reopen))).filter((item) => item !== null);
  await producer.enqueueMany(name, [...missing, ...reopened]);
  return { enqueued: missing.length + reopened.length, failed: presences.filter((presence) => presence === 'failed').length };
}
