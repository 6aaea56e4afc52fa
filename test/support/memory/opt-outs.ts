import type { OptOuts } from '#src/db/repositories/opt-outs.ts';
import type { RoundTrip } from './round-trip.ts';
import type { Store } from './store.ts';

export function memoryOptOuts({ optOuts }: Store, trip: RoundTrip): OptOuts {
  return {
    has: (phone) => trip('optOuts.has', () => optOuts.get(phone) !== null),
    add: async (optOut) => {
      await trip('optOuts.add', () => optOuts.insert(optOut));
    },
  };
}
