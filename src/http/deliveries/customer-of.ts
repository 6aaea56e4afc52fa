import { ObjectId } from 'mongodb';
import { newCustomer } from '#src/db/documents/customer.ts';
import type { CustomerDoc } from '#src/db/models/customers.ts';
import type { Repositories } from '#src/db/repositories/repositories.ts';
import { invalidRequest, type FieldError } from '#src/http/problems/http-problem.ts';
import { defined } from '#src/platform/defined.ts';
import type { Time } from '#src/platform/time.ts';
import type { NewDelivery } from './request.ts';

export interface CustomerDeps extends Pick<Repositories, 'customers' | 'drivers'> {
  time: Time;
}

/** The customer of a new delivery: by id, or by phone with the given fields taken over. Refuses, before anything is written, what a schema cannot see. */
export async function customerOf(body: NewDelivery, person: CustomerDoc | null | undefined, deps: CustomerDeps): Promise<CustomerDoc> {
  const [known, errors] = await Promise.all([
    body.customer_id === undefined ? null : deps.customers.find(new ObjectId(body.customer_id)),
    check(body, deps),
  ]);
  if (body.customer_id !== undefined && !known) errors.push({ in: 'body', field: 'customer_id', message: 'is no customer of ours' });
  if (errors.length > 0) throw invalidRequest(errors);
  if (known) return known;
  if (!body.customer) throw invalidRequest([{ in: 'body', field: 'customer', message: 'is missing' }]);
  const { preferences = {}, ...fields } = defined(body.customer);
  const given = { ...fields, ...Object.fromEntries(Object.entries(preferences).map(([field, value]) => [`preferences.${field}`, value])) };
  return deps.customers.upsert(newCustomer({ ...fields, preferences }, deps.time.now()), given, person);
}

async function check({ scheduled_time, agent_id }: NewDelivery, { drivers, time }: CustomerDeps): Promise<FieldError[]> {
  const errors: FieldError[] = [];
  if (new Date(scheduled_time) <= time.now()) errors.push({ in: 'body', field: 'scheduled_time', message: 'must be in the future' });
  if (agent_id !== undefined && !(await drivers.exists(new ObjectId(agent_id)))) {
    errors.push({ in: 'body', field: 'agent_id', message: 'is no active agent of ours' });
  }
  return errors;
}
