import type { Document } from 'mongodb';
import { LATE_MS, type Customers } from '#src/db/repositories/customers.ts';
import type { Time } from '#src/platform/time.ts';
import type { RoundTrip } from './round-trip.ts';
import type { Store } from './store.ts';
import { withPaths } from './with-paths.ts';

const KEPT_CALLS = 50;

export function memoryCustomers({ customers }: Store, time: Time, trip: RoundTrip): Customers {
  const findByPhone = (phone: string) => trip('customers.findByPhone', () => customers.by('phone', phone));
  return {
    find: (id) => trip('customers.find', () => customers.get(id)),
    findByPhone,
    async upsert(fresh, given, found) {
      let known = found === undefined ? await findByPhone(fresh.phone) : found;
      if (!known) {
        if ((await trip('customers.insert', () => customers.insert(fresh))) === 'inserted') return fresh;
        known = await findByPhone(fresh.phone);
        if (!known) throw new Error('a customer was there and is gone');
      }
      const { _id } = known;
      const changed = Object.fromEntries(
        Object.entries(given).filter(([path, value]) => JSON.stringify(at(known as Document, path)) !== JSON.stringify(value)),
      );
      if (Object.keys(changed).length === 0) return known;
      const set = { ...changed, updatedAt: time.now() };
      const latest = new Date(fresh.createdAt.getTime() + time.span(LATE_MS));
      const held = await trip('customers.update', () =>
        customers.update(
          _id,
          ({ updatedAt }) => updatedAt <= latest,
          (doc) => withPaths(doc, set),
        ),
      );
      return held ? withPaths(known, changed) : ((await trip('customers.find', () => customers.get(_id))) ?? known);
    },
    async addCall(id, call) {
      const timestamp = call.end_time ?? call.start_time ?? time.now();
      const entry = { _id: call._id, call_id: call._id, timestamp, status: call.status, duration: call.duration ?? 0 };
      await trip('customers.addCall', () =>
        customers.update(
          id,
          ({ call_history }) => !call_history.some(({ call_id }) => call_id?.equals(call._id)),
          (doc) => ({ ...doc, call_history: [...doc.call_history, entry].slice(-KEPT_CALLS) }),
        ),
      );
    },
  };
}

const at = (doc: Document, path: string): unknown =>
  path.split('.').reduce<unknown>((value, key) => (value as Document | undefined)?.[key], doc);
