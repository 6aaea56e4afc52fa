import { createHash } from 'node:crypto';
import { ObjectId } from 'mongodb';
import { newCustomer } from '#src/db/documents/customer.ts';
import { newDelivery } from '#src/db/documents/delivery.ts';
import type { CallAttemptDoc } from '#src/db/models/callattempts.ts';
import type { CustomerDoc } from '#src/db/models/customers.ts';
import type { DeliveryDoc } from '#src/db/models/deliveries.ts';
import type { TrackingEventDoc } from '#src/db/models/trackingevents.ts';
import type { NewDelivery } from '#src/http/deliveries/request.ts';
import { planFirstAttempt } from '#src/pipeline/plan-first-attempt.ts';
import { defined } from '#src/platform/defined.ts';
import { newTraceId } from '#src/platform/tracing.ts';

/** Writes a request's four documents in one transaction. */
export type Store = (body: NewDelivery) => Promise<{ delivery: DeliveryDoc; attempt: CallAttemptDoc | null }>;

const apiKeyId = new ObjectId();

/** Every customer of the benchmark is a new one. */
export function customerIn({ customer }: NewDelivery, now: Date): CustomerDoc {
  if (!customer) throw new Error('the benchmark gives every delivery its customer');
  const { preferences = {}, ...person } = defined(customer);
  return newCustomer({ ...person, preferences }, now);
}

/** The delivery, its first attempt and its first event. */
export function documentsOf(
  body: NewDelivery,
  customer: CustomerDoc,
  now: Date,
): { delivery: DeliveryDoc; attempt: CallAttemptDoc | null; event: TrackingEventDoc } {
  const { customer: _customer, customer_id: _customerId, agent_id: _agentId, scheduled_time, ...rest } = body;
  const trace_id = newTraceId();
  const fields = { ...defined(rest), customer_id: customer._id, scheduled_time: new Date(scheduled_time) };
  const content_hash = createHash('sha256').update(JSON.stringify(body)).digest('hex');
  const delivery = newDelivery({ ...fields, _id: new ObjectId(), api_key_id: apiKeyId, content_hash, trace_id }, now);
  const { contact, attempt, event } = planFirstAttempt(delivery, customer, false, trace_id, now);
  delivery.contact = contact;
  delivery.tracking_events = [{ _id: event._id, status: event.status, timestamp: event.timestamp }];
  return { delivery, attempt, event };
}
