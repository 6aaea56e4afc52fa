import { ObjectId } from 'mongodb';
import { newCustomer } from '#src/db/documents/customer.ts';
import type { CustomerDoc } from '#src/db/models/customers.ts';
import { withFields } from '#src/db/repositories/customers.ts';
import type { Repositories } from '#src/db/repositories/repositories.ts';
import { invalidRequest, type FieldError } from '#src/http/problems/http-problem.ts';
import { defined } from '#src/platform/defined.ts';
import type { Time } from '#src/platform/time.ts';
import type { NewDelivery } from './request.ts';

export interface CustomerDeps extends Pick<Repositories, 'customers' | 'drivers'> {
  time: Time;
}

export interface Intended {
  /** As it will be. */
  customer: CustomerDoc;
  /** Writes what is new of it, durably. Resolves with the customer that the phone number has: another one when somebody else was first. */
  save(): Promise<CustomerDoc>;
}

/** The customer of a new delivery: by id, or by phone with the given fields taken over. Writes nothing, and refuses what a schema cannot see. */
export async function customerOf(body: NewDelivery, person: CustomerDoc | null | undefined, deps: CustomerDeps): Promise<Intended> {
  const [known, errors] = await Promise.all([
    body.customer_id === undefined ? null : deps.customers.find(new ObjectId(body.customer_id)),
    check(body, deps),
  ]);
  if (body.customer_id !== undefined && !known) errors.push({ in: 'body', field: 'customer_id', message: 'is no customer of ours' });
  if (errors.length > 0) throw invalidRequest(errors);
  if (known) return { customer: known, save: async () => known };
  if (!body.customer) throw invalidRequest([{ in: 'body', field: 'customer', message: 'is missing' }]);
  return intended(body.customer, person, new ObjectId(), deps);
}

/** The customer whose fields a request gives. `id`: what a new one gets. */
export function intended(
  customer: NonNullable<NewDelivery['customer']>,
  person: CustomerDoc | null | undefined,
  id: ObjectId,
  { customers, time }: CustomerDeps,
): Intended {
  const { preferences = {}, ...fields } = defined(customer);
  const given = { ...fields, ...Object.fromEntries(Object.entries(preferences).map(([field, value]) => [`preferences.${field}`, value])) };
  const fresh = newCustomer({ ...fields, preferences, _id: id }, time.now());
  return { customer: person ? withFields(person, given) : fresh, save: () => customers.upsert(fresh, given, person) };
}

async function check({ scheduled_time, agent_id }: NewDelivery, { drivers, time }: CustomerDeps): Promise<FieldError[]> {
  const errors: FieldError[] = [];
  if (new Date(scheduled_time) <= time.now()) errors.push({ in: 'body', field: 'scheduled_time', message: 'must be in the future' });
  if (agent_id !== undefined && !(await drivers.exists(new ObjectId(agent_id)))) {
    errors.push({ in: 'body', field: 'agent_id', message: 'is no active agent of ours' });
  }
  return errors;
}
