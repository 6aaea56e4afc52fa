import mongoose from 'mongoose';
import { callAttemptSchema } from '#src/db/models/callattempts.ts';
import { customerSchema } from '#src/db/models/customers.ts';
import { deliverySchema } from '#src/db/models/deliveries.ts';
import { trackingEventSchema } from '#src/db/models/trackingevents.ts';
import { customerIn, documentsOf, type Store } from './documents.ts';

/** As Mongoose's own guide writes it: models, `create` and a transaction. https://mongoosejs.com/docs/transactions.html */
export async function openMongooseStore(uri: string): Promise<Store> {
  await mongoose.connect(uri, { autoIndex: false, writeConcern: { w: 'majority' } });
  const Customer = mongoose.model('Customer', customerSchema);
  const Delivery = mongoose.model('Delivery', deliverySchema);
  const CallAttempt = mongoose.model('CallAttempt', callAttemptSchema);
  const TrackingEvent = mongoose.model('TrackingEvent', trackingEventSchema);
  return (body) =>
    mongoose.connection.transaction(async (session) => {
      const now = new Date();
      const fresh = customerIn(body, now);
      const customer = await Customer.findOneAndUpdate(
        { phone: fresh.phone },
        { $setOnInsert: fresh },
        { upsert: true, returnDocument: 'after', session, timestamps: false },
      ).orFail();
      const { delivery, attempt, event } = documentsOf(body, customer.toObject(), now);
      await Delivery.create([delivery], { session });
      if (attempt) await CallAttempt.create([attempt], { session });
      await TrackingEvent.create([event], { session });
      return { delivery, attempt };
    });
}
