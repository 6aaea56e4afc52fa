import { MongoClient } from 'mongodb';
import type { CallAttemptDoc } from '#src/db/models/callattempts.ts';
import type { CustomerDoc } from '#src/db/models/customers.ts';
import type { DeliveryDoc } from '#src/db/models/deliveries.ts';
import type { TrackingEventDoc } from '#src/db/models/trackingevents.ts';
import { customerIn, documentsOf, type Store } from './documents.ts';

/** As those write it who leave Mongoose out on the hot path. */
export async function openDriverStore(uri: string): Promise<Store> {
  const client = await MongoClient.connect(uri, { writeConcern: { w: 'majority' } });
  const db = client.db();
  const customers = db.collection<CustomerDoc>('customers');
  const deliveries = db.collection<DeliveryDoc>('deliveries');
  const attempts = db.collection<CallAttemptDoc>('callattempts');
  const trackingEvents = db.collection<TrackingEventDoc>('trackingevents');
  return (body) =>
    client.withSession((session) =>
      session.withTransaction(async () => {
        const now = new Date();
        const fresh = customerIn(body, now);
        const customer = await customers.findOneAndUpdate(
          { phone: fresh.phone },
          { $setOnInsert: fresh },
          { upsert: true, returnDocument: 'after', session },
        );
        if (!customer) throw new Error('an upsert gave no document');
        const { delivery, attempt, event } = documentsOf(body, customer, now);
        await deliveries.insertOne(delivery, { session });
        if (attempt) await attempts.insertOne(attempt, { session });
        await trackingEvents.insertOne(event, { session });
        return { delivery, attempt };
      }),
    );
}
