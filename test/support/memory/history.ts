import type { History } from '#src/db/repositories/history.ts';
import type { RoundTrip } from './round-trip.ts';
import type { Store } from './store.ts';
import { keyOf } from './table.ts';

export function memoryHistory({ trackingEvents }: Store, trip: RoundTrip): History {
  return {
    record: async (event) => {
      await trip('history.record', () => trackingEvents.insert(event));
    },
    forget: (id) => trip('history.forget', () => trackingEvents.remove(id)),
    ofDelivery: (deliveryId) =>
      trip('history.ofDelivery', () =>
        trackingEvents
          .filter(({ delivery_id }) => delivery_id.equals(deliveryId))
          .toSorted((a, b) => a.timestamp.getTime() - b.timestamp.getTime() || (keyOf(a._id) < keyOf(b._id) ? -1 : 1)),
      ),
  };
}
