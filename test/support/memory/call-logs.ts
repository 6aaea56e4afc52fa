import type { CallLogs } from '#src/db/repositories/call-logs.ts';
import type { Time } from '#src/platform/time.ts';
import { drawnFromMore } from './drawn-from-more.ts';
import type { RoundTrip } from './round-trip.ts';
import type { Store } from './store.ts';

export function memoryCallLogs({ callLogs }: Store, time: Time, trip: RoundTrip): CallLogs {
  const findBySid = (callSid: string) => trip('callLogs.findBySid', () => callLogs.by('call_sid', callSid));
  return {
    async ensure(fresh) {
      const known = await findBySid(fresh.call_sid);
      if (known) return known;
      if ((await trip('callLogs.insert', () => callLogs.insert(fresh))) === 'inserted') return fresh;
      return (await findBySid(fresh.call_sid)) ?? fresh;
    },
    find: (id) => trip('callLogs.find', () => callLogs.get(id)),
    findBySid,
    ofDelivery: (deliveryId) =>
      trip('callLogs.ofDelivery', () =>
        callLogs
          .filter(({ delivery_id }) => delivery_id.equals(deliveryId))
          .toSorted((a, b) => a.createdAt.getTime() - b.createdAt.getTime()),
      ),
    apply(id, eventCount, set) {
      const at = time.now();
      return trip('callLogs.apply', () =>
        callLogs.update(id, drawnFromMore(eventCount), (doc) => ({ ...doc, ...set, event_count: eventCount, updatedAt: at })),
      );
    },
    analysed(id, analysis) {
      const at = time.now();
      return trip('callLogs.analysed', () =>
        callLogs.update(
          id,
          (doc) => doc.ai_analysis.sentiment === undefined,
          (doc) => ({ ...doc, ai_analysis: analysis, updatedAt: at }),
        ),
      );
    },
    enrich(id, set) {
      const at = time.now();
      return trip('callLogs.enrich', () =>
        callLogs.update(
          id,
          () => true,
          (doc) => ({ ...doc, ...set, updatedAt: at }),
        ),
      );
    },
  };
}
