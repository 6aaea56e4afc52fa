import type { Db, ObjectId } from 'mongodb';
import type { AgentDoc } from '#src/db/models/agents.ts';
import { groupedFind } from '#src/db/grouped/find.ts';
import type { Time } from '#src/platform/time.ts';

/** Agents as those who drive: whom a delivery is given to and where their news goes. */
export interface Drivers {
  exists(id: ObjectId): Promise<boolean>;
  /** The Web Push subscription as the browser gave it; null when there is none. */
  subscription(id: ObjectId): Promise<unknown>;
  subscribe(id: ObjectId, subscription: object): Promise<boolean>;
  /** Forgets the subscription, if it is still this one: the driver may have subscribed anew. */
  dropSubscription(id: ObjectId, subscription: unknown): Promise<boolean>;
}

export function createDrivers(db: Db, time: Time): Drivers {
  const agents = db.collection<AgentDoc>('agents');
  const find = groupedFind<AgentDoc, ObjectId>(agents, '_id', { push_subscription: 1, is_active: 1 });
  return {
    exists: async (id) => (await find(id))?.is_active === true,
    subscription: async (id) => (await find(id))?.push_subscription ?? null,
    subscribe: async (id, subscription) =>
      (await agents.updateOne({ _id: id }, { $set: { push_subscription: subscription, updatedAt: time.now() } })).matchedCount === 1,
    dropSubscription: async (id, subscription) => {
      const endpoint = (subscription as { endpoint?: unknown }).endpoint;
      const result = await agents.updateOne(
        { _id: id, 'push_subscription.endpoint': endpoint },
        { $unset: { push_subscription: '' }, $set: { updatedAt: time.now() } },
      );
      return result.matchedCount === 1;
    },
  };
}
