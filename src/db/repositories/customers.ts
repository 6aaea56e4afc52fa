import type { Db, Document, ObjectId } from 'mongodb';
import { groupedFind } from '#src/db/grouped/find.ts';
import { groupedInsert } from '#src/db/grouped/insert.ts';
import { groupedUpdate } from '#src/db/grouped/update.ts';
import type { CallLogDoc } from '#src/db/models/calllogs.ts';
import type { CustomerDoc } from '#src/db/models/customers.ts';
import { SECOND, type Time } from '#src/platform/time.ts';

export interface Customers {
  find(id: ObjectId): Promise<CustomerDoc | null>;
  /** By E.164 number. */
  findByPhone(phone: string): Promise<CustomerDoc | null>;
  /** The customer of this phone number: the fields of `given` (dotted paths) overwrite, absent ones stay. `fresh` is inserted where there is none yet. `found`: what `findByPhone` said a moment ago, where that was asked. `fresh.createdAt`: when the request came; one that waited too long writes over no later one's word. Gives what is stored, as far as this caller knows. */
  upsert(fresh: CustomerDoc, given: Document, found?: CustomerDoc | null): Promise<CustomerDoc>;
  /** One entry per final call. */
  addCall(id: ObjectId, call: CallLogDoc): Promise<void>;
}

const KEPT_CALLS = 50;

/** Real milliseconds after which a request has surely been answered that the database is away: it may still be done when that comes back. */
export const LATE_MS = 10 * SECOND;

export function createCustomers(db: Db, time: Time): Customers {
  const customers = db.collection<CustomerDoc>('customers');
  const insert = groupedInsert(customers);
  const update = groupedUpdate(customers);
  const findByPhone = groupedFind<CustomerDoc, string>(customers, 'phone');
  const find = groupedFind<CustomerDoc, ObjectId>(customers, '_id');
  return {
    find,
    findByPhone,
    async upsert(fresh, given, found) {
      let known = found === undefined ? await findByPhone(fresh.phone) : found;
      if (!known) {
        if ((await insert(fresh)) === 'inserted') return fresh;
        known = await findByPhone(fresh.phone);
        if (!known) throw new Error('a customer was there and is gone');
      }
      const changed = changes(known, given);
      if (Object.keys(changed).length === 0) return known;
      const guard = { updatedAt: { $lte: new Date(fresh.createdAt.getTime() + time.span(LATE_MS)) } };
      const held = await update({ _id: known._id, guard, update: { $set: { ...changed, updatedAt: time.now() } } });
      return held ? withFields(known, changed) : ((await find(known._id)) ?? known);
    },
    async addCall(id, call) {
      await update({
        _id: id,
        guard: { 'call_history.call_id': { $ne: call._id } },
        update: { $push: { call_history: { $each: [entry(call, time.now())], $slice: -KEPT_CALLS } } },
      });
    },
  };
}

const entry = (call: CallLogDoc, now: Date) => ({
  _id: call._id,
  call_id: call._id,
  timestamp: call.end_time ?? call.start_time ?? now,
  status: call.status,
  duration: call.duration ?? 0,
});

/** The customer as these fields (dotted paths) make it. */
export function withFields(customer: CustomerDoc, fields: Document): CustomerDoc {
  const made: Document = { ...customer };
  for (const [path, value] of Object.entries<unknown>(fields)) {
    const parents = path.split('.');
    const field = parents.pop() ?? path;
    const level = parents.reduce<Document>((outer, parent) => (outer[parent] = { ...(outer[parent] as Document) }), made);
    level[field] = value;
  }
  return made as CustomerDoc;
}

const changes = (known: CustomerDoc, given: Document): Document =>
  Object.fromEntries(Object.entries(given).filter(([path, value]) => !same(at(known, path), value)));
const at = (doc: Document, path: string): unknown =>
  path.split('.').reduce<unknown>((value, key) => (value as Document | undefined)?.[key], doc);
const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
