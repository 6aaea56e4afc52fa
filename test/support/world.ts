import type { ObjectId } from 'mongodb';
import { type Db } from 'mongodb';
import { pino } from 'pino';
import type { CallAttemptDoc } from '#src/db/models/callattempts.ts';
import type { CallLogDoc } from '#src/db/models/calllogs.ts';
import type { CustomerDoc } from '#src/db/models/customers.ts';
import type { DeliveryDoc } from '#src/db/models/deliveries.ts';
import type { NotificationDoc } from '#src/db/models/notifications.ts';
import type { RecordingDoc } from '#src/db/models/recordings.ts';
import { createRepositories } from '#src/db/repositories/repositories.ts';
import { createMetrics } from '#src/platform/metrics.ts';
import type { DialTurns } from '#src/platform/dial-turns.ts';
import type { RunContext } from '#workers/processor.ts';
import { testClock } from './clock.ts';
import { emptyDatabase } from './database.ts';
import { fakeProducer } from './fakes/producer.ts';
import { fakeAnalyst, fakePush, fakeStore, fakeTranscriber } from './fakes/providers.ts';
import { fakeTelephony } from './fakes/telephony.ts';
import { makers } from './makers.ts';

/** A fresh world for one test: a real, migrated, empty MongoDB; a clock that stands still; providers and queues in memory. */
export async function setup() {
  const db = await emptyDatabase();
  const time = testClock();
  const producer = fakeProducer();
  const fakes = {
    telephony: fakeTelephony(),
    recordingStore: fakeStore(),
    transcriber: fakeTranscriber(),
    analyst: fakeAnalyst(),
    push: fakePush(),
  };
  const marker = { emptied: false };
  const deps = {
    ...createRepositories(db, time),
    ...fakes,
    producer,
    time,
    metrics: createMetrics(),
    turns: { take: async () => ({ kind: 'taken' }), depart: async () => ({ kind: 'taken' }) } as DialTurns,
    marker: {
      begin: async () => (marker.emptied ? 'a loss' : null),
      complete: async () => void (marker.emptied = false),
    },
    publicUrl: 'https://delauto.example',
    fromNumber: '+12025550000',
  };
  return { db, time, producer, ...fakes, marker, deps, ...makers(db, time), ...readers(db) };
}

export type World = Awaited<ReturnType<typeof setup>>;

/** What a processor is given beside payload and dependencies. */
export const aJob = (over: Partial<RunContext> = {}): RunContext => ({
  log: pino({ level: 'silent' }),
  signal: new AbortController().signal,
  lastAttempt: false,
  waitsOutOutages: false,
  ...over,
});

/** The documents as they are now. Each throws where there is none. */
function readers(db: Db) {
  const reader =
    <Doc extends { _id: ObjectId }>(collection: string) =>
    async ({ _id }: { _id: ObjectId }): Promise<Doc> => {
      const found = await db.collection<Doc>(collection).findOne({ _id } as never);
      if (!found) throw new Error(`${collection} has no ${_id.toHexString()}`);
      return found as unknown as Doc;
    };
  return {
    attemptNow: reader<CallAttemptDoc>('callattempts'),
    deliveryNow: reader<DeliveryDoc>('deliveries'),
    customerNow: reader<CustomerDoc>('customers'),
    callLogNow: reader<CallLogDoc>('calllogs'),
    recordingNow: reader<RecordingDoc>('recordings'),
    notificationNow: reader<NotificationDoc>('notifications'),
    all: (collection: string) => db.collection(collection).find().sort({ _id: 1 }).toArray(),
  };
}
