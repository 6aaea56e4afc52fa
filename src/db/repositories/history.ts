import type { Db } from 'mongodb';
import { groupedInsert } from '#src/db/grouped/insert.ts';
import type { TrackingEventDoc } from '#src/db/models/trackingevents.ts';

/** The complete history of deliveries. Events have deterministic ids, so recording one again changes nothing. */
export interface History {
  record(event: TrackingEventDoc): Promise<void>;
  /** Of a delivery that was not accepted after all. */
  forget(id: TrackingEventDoc['_id']): Promise<void>;
  ofDelivery(deliveryId: TrackingEventDoc['delivery_id']): Promise<TrackingEventDoc[]>;
}

export function createHistory(db: Db): History {
  const events = db.collection<TrackingEventDoc>('trackingevents');
  const insert = groupedInsert(events);
  return {
    record: async (event) => {
      await insert(event);
    },
    forget: async (id) => {
      await events.deleteOne({ _id: id });
    },
    ofDelivery: (deliveryId) => events.find({ delivery_id: deliveryId }).sort({ timestamp: 1, _id: 1 }).toArray(),
  };
}
