import type { Drivers } from '#src/db/repositories/drivers.ts';
import type { Time } from '#src/platform/time.ts';
import type { RoundTrip } from './round-trip.ts';
import type { Store } from './store.ts';
import { without } from './without.ts';

const endpointOf = (subscription: unknown): unknown => (subscription as { endpoint?: unknown } | undefined)?.endpoint;

export function memoryDrivers({ agents }: Store, time: Time, trip: RoundTrip): Drivers {
  return {
    exists: (id) => trip('drivers.exists', () => agents.get(id)?.is_active === true),
    subscription: (id) => trip('drivers.subscription', () => agents.get(id)?.push_subscription ?? null),
    subscribe(id, subscription) {
      const at = time.now();
      return trip('drivers.subscribe', () =>
        agents.update(
          id,
          () => true,
          (doc) => ({ ...doc, push_subscription: subscription, updatedAt: at }),
        ),
      );
    },
    dropSubscription(id, subscription) {
      const at = time.now();
      return trip('drivers.dropSubscription', () =>
        agents.update(
          id,
          (doc) => endpointOf(doc.push_subscription) === endpointOf(subscription),
          (doc) => without({ ...doc, updatedAt: at }, ['push_subscription']),
        ),
      );
    },
  };
}
