import { ObjectId } from 'mongodb';
import type { AttemptStore } from '#src/db/repositories/attempts/store.ts';
import type { RoundTrip } from '../round-trip.ts';
import type { Store } from '../store.ts';

export function memoryAttempts({ attempts }: Store, trip: RoundTrip): AttemptStore {
  return {
    find: (id) => trip('attempts.find', () => attempts.get(new ObjectId(id))),
    ofDelivery: (deliveryId) =>
      trip('attempts.ofDelivery', () =>
        attempts.filter(({ delivery_id }) => delivery_id.equals(deliveryId)).toSorted((a, b) => a.number - b.number),
      ),
    insert: (attempt) => trip('attempts.insert', () => attempts.insert(attempt)),
  };
}
