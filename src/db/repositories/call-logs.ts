import type { Db, ObjectId } from 'mongodb';
import { groupedUpdate } from '#src/db/grouped/update.ts';
import { groupedFind } from '#src/db/grouped/find.ts';
import { groupedInsert } from '#src/db/grouped/insert.ts';
import type { CallLogDoc } from '#src/db/models/calllogs.ts';
import type { Time } from '#src/platform/time.ts';
import { drawnFromMore } from './drawn-from-more.ts';

export interface CallLogs {
  /** The CallLog of this call SID, born now if nobody was first. The first write stays: nothing of an existing one is changed. */
  ensure(fresh: CallLogDoc): Promise<CallLogDoc>;
  find(id: ObjectId): Promise<CallLogDoc | null>;
  findBySid(callSid: string): Promise<CallLogDoc | null>;
  ofDelivery(deliveryId: ObjectId): Promise<CallLogDoc[]>;
  /** Takes over what the call's events say; a view of fewer events never replaces one of more. */
  apply(id: ObjectId, eventCount: number, set: Partial<CallLogDoc>): Promise<boolean>;
  /** Stores the analysis; false when there is one already. */
  analysed(id: ObjectId, analysis: CallLogDoc['ai_analysis']): Promise<boolean>;
  /** Writes results of the recording's way: URL, transcript, analysis. */
  enrich(id: ObjectId, set: Partial<CallLogDoc>): Promise<boolean>;
}

export function createCallLogs(db: Db, time: Time): CallLogs {
  const callLogs = db.collection<CallLogDoc>('calllogs');
  const insert = groupedInsert(callLogs);
  const update = groupedUpdate(callLogs);
  const findBySid = groupedFind<CallLogDoc, string>(callLogs, 'call_sid');
  return {
    async ensure(fresh) {
      const known = await findBySid(fresh.call_sid);
      if (known) return known;
      if ((await insert(fresh)) === 'inserted') return fresh;
      return (await findBySid(fresh.call_sid)) ?? fresh;
    },
    find: groupedFind(callLogs, '_id'),
    findBySid,
    ofDelivery: (deliveryId) => callLogs.find({ delivery_id: deliveryId }).sort({ createdAt: 1 }).toArray(),
    apply: (id, eventCount, set) =>
      update({
        _id: id,
        guard: drawnFromMore(eventCount),
        update: { $set: { ...set, event_count: eventCount, updatedAt: time.now() } },
      }),
    analysed: (id, analysis) =>
      update({
        _id: id,
        guard: { 'ai_analysis.sentiment': { $exists: false } },
        update: { $set: { ai_analysis: analysis, updatedAt: time.now() } },
      }),
    enrich: (id, set) => update({ _id: id, guard: {}, update: { $set: { ...set, updatedAt: time.now() } } }),
  };
}
