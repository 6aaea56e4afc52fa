import type { Db, Document } from 'mongodb';
import type { AttemptRow, CallLogRow, CustomerRow, DeliveryRow, EventRow, Evidence, NotificationRow, RecordingRow } from './evidence.ts';

type Stored = Pick<Evidence, 'customers' | 'deliveries' | 'attempts' | 'callLogs' | 'recordings' | 'notifications' | 'events' | 'optOuts'>;

/** The database's account, with the plain driver, at one moment: a snapshot that a replica set's majority has. */
export async function readDatabase(db: Db): Promise<Stored> {
  return db.client.withSession({ snapshot: true }, async (session) => {
    const all = async <Row extends Document>(name: string): Promise<Row[]> =>
      (await db.collection(name).find({}, { session }).toArray()) as unknown as Row[];
    return {
      customers: await all<CustomerRow>('customers'),
      deliveries: await all<DeliveryRow>('deliveries'),
      attempts: await all<AttemptRow>('callattempts'),
      callLogs: await all<CallLogRow>('calllogs'),
      recordings: await all<RecordingRow>('recordings'),
      notifications: await all<NotificationRow>('notifications'),
      events: await all<EventRow>('webhookevents'),
      optOuts: (await all<Document>('optouts')).map(({ _id }) => String(_id)),
    };
  });
}
