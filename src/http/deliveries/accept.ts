import { hash } from 'node:crypto';
import { ObjectId } from 'mongodb';
import type { Producer } from '#queues/producer.ts';
import { newDelivery } from '#src/db/documents/delivery.ts';
import type { CustomerDoc } from '#src/db/models/customers.ts';
import type { DeliveryDoc } from '#src/db/models/deliveries.ts';
import type { Repositories } from '#src/db/repositories/repositories.ts';
import { HttpProblem, problem, unavailable } from '#src/http/problems/http-problem.ts';
import { attemptIdOf } from '#src/pipeline/attempt-id.ts';
import { closeUncalled } from '#src/pipeline/close-uncalled.ts';
import { planFirstAttempt, type FirstPlan } from '#src/pipeline/plan-first-attempt.ts';
import { defined } from '#src/platform/defined.ts';
import type { Time } from '#src/platform/time.ts';
import { customerOf, intended, type CustomerDeps } from './customer-of.ts';
import type { NewDelivery } from './request.ts';

export interface AcceptDeps
  extends CustomerDeps, Pick<Repositories, 'attempts' | 'deliveries' | 'history' | 'idempotencyKeys' | 'notifications' | 'optOuts'> {
  producer: Pick<Producer, 'enqueue'>;
  time: Time;
}

export interface Submission {
  body: NewDelivery;
  apiKeyId: ObjectId;
  idempotencyKey: string | undefined;
  traceId: string;
}

export interface Accepted {
  delivery: DeliveryDoc;
  /** False when it had been accepted before, and not under this idempotency key. */
  created: boolean;
}

/**
 * Takes in one delivery: customer, delivery, first attempt and history are written side by side, each durable (majority) when this
 * resolves. A crash between them is made good by reconcile and the repeat; jobs are added after the answer, for the same reason.
 * The same `external_id` or idempotency key never makes a second one. Throws problems: 400, 409, 422, or 503 when that cannot be known.
 */
export async function acceptDelivery(submission: Submission, deps: AcceptDeps): Promise<Accepted> {
  const contentHash = hash('sha256', JSON.stringify(submission.body));
  const phone = submission.body.customer?.phone;
  // Side by side, before anything is written: three reads for one way to the database and back.
  const [known, person, optedOut] = await Promise.all([
    knownByExternalId(submission, contentHash, deps),
    phone === undefined ? undefined : deps.customers.findByPhone(phone),
    phone === undefined ? undefined : deps.optOuts.has(phone),
  ]);
  const reserved = await reserveId(submission, contentHash, known, deps);
  if ('delivery' in reserved) return again(reserved, submission, deps);
  try {
    return await create(submission, contentHash, reserved.id, { person, optedOut }, deps);
  } catch (error) {
    // Refused, so nothing was accepted: the key may be used again for the corrected request. After a fault of ours nobody knows.
    if (error instanceof HttpProblem && error.status < 500) await reserved.release?.();
    throw error;
  }
}

/** The request that made the delivery may have died before it wrote the customer, or what is new of them, or its first line of history, which only the delivery holds then. */
async function again(accepted: Accepted, { body }: Submission, deps: AcceptDeps): Promise<Accepted> {
  const { _id, contact, createdAt, customer_id, tracking_events } = accepted.delivery;
  if (contact.attempt !== 0) return accepted;
  const [first] = tracking_events;
  if (first?.status !== undefined) await deps.history.record({ ...first, status: first.status, delivery_id: _id });
  if (!body.customer) return accepted;
  const known = await deps.customers.find(customer_id);
  // Written since: by that request, or by a later one, whose word counts.
  if (known && known.updatedAt >= createdAt) return accepted;
  const customer = await intended(body.customer, known ?? undefined, customer_id, deps).save();
  if (!customer._id.equals(customer_id)) await giveTo(customer, accepted.delivery, deps);
  return accepted;
}

/** Another request has made the customer of this phone number meanwhile: the delivery and its first attempt are theirs. */
async function giveTo({ _id: customerId }: CustomerDoc, delivery: DeliveryDoc, { attempts, deliveries }: AcceptDeps): Promise<void> {
  delivery.customer_id = customerId;
  await Promise.all([deliveries.belongTo(delivery._id, customerId), attempts.belongTo(attemptIdOf(delivery._id, 1), customerId)]);
}

async function knownByExternalId(
  { body, apiKeyId }: Submission,
  contentHash: string,
  { deliveries }: AcceptDeps,
): Promise<DeliveryDoc | null> {
  if (body.external_id === undefined) return null;
  const known = await deliveries.findByExternalId(apiKeyId, body.external_id);
  if (known && known.content_hash !== contentHash) throw externalIdInUse();
  return known;
}

const externalIdInUse = () =>
  problem({
    status: 409,
    type: 'external-id-in-use',
    title: 'Another delivery has this external_id',
    errors: [{ in: 'body', field: 'external_id', message: 'is in use by a delivery with other content' }],
  });

type Reserved = { id: ObjectId; release?: () => Promise<void> } | Accepted;

/** The delivery, where it exists. Else the id that it will have: with an idempotency key, the one that an earlier request with this key was given. */
async function reserveId(
  { apiKeyId, idempotencyKey }: Submission,
  contentHash: string,
  known: DeliveryDoc | null,
  { idempotencyKeys, deliveries }: AcceptDeps,
): Promise<Reserved> {
  if (idempotencyKey === undefined) return known ? { delivery: known, created: false } : { id: new ObjectId() };
  const use = await idempotencyKeys.use(apiKeyId, idempotencyKey, contentHash, known?._id ?? new ObjectId());
  if (use.kind === 'mismatch') {
    throw problem({
      status: 422,
      type: 'idempotency-key-reused',
      title: 'This Idempotency-Key belongs to another request',
      errors: [{ in: 'header', field: 'idempotency-key', message: 'was used with another body' }],
    });
  }
  const delivery = known ?? (await deliveries.find(use.row.delivery_id));
  // Made under this key if it got its id from the key: then it is younger than the key's row.
  if (delivery) return { delivery, created: delivery._id.equals(use.row.delivery_id) && use.row.createdAt <= delivery.createdAt };
  if (use.kind === 'running') {
    throw problem({
      status: 409,
      type: 'request-in-progress',
      title: 'A request with this Idempotency-Key is in progress',
      errors: [{ in: 'header', field: 'idempotency-key', message: 'is in use by a request that is not answered yet' }],
      headers: { 'retry-after': String(Math.max(1, Math.ceil(use.retryAfterMs / 1000))) },
    });
  }
  return { id: use.row.delivery_id, release: () => idempotencyKeys.release(use.row) };
}

/** What is known of an inline customer's phone number; undefined where the customer is given by id. */
interface Known {
  person: CustomerDoc | null | undefined;
  optedOut: boolean | undefined;
}

async function create(
  { body, apiKeyId, traceId }: Submission,
  contentHash: string,
  id: ObjectId,
  { person, optedOut }: Known,
  deps: AcceptDeps,
): Promise<Accepted> {
  const { customer, save } = await customerOf(body, person, deps);
  const now = deps.time.now();
  const { scheduled_time, agent_id, customer: _customer, customer_id: _customerId, ...rest } = body;
  const delivery = newDelivery(
    {
      ...defined(rest),
      _id: id,
      customer_id: customer._id,
      ...(agent_id === undefined ? {} : { agent_id: new ObjectId(agent_id), status: 'assigned' }),
      scheduled_time: new Date(scheduled_time),
      api_key_id: apiKeyId,
      content_hash: contentHash,
      trace_id: traceId,
    },
    now,
  );
  const plan = planFirstAttempt(delivery, customer, optedOut ?? (await deps.optOuts.has(customer.phone)), traceId, now);
  if (!plan.attempt) return createUncallable({ ...delivery, customer_id: (await save())._id }, plan, customer.name, deps);
  const planned = told(delivery, plan);
  const inserted = deps.deliveries.insert(planned);
  // Somebody else may come first with this order number: then the request is refused, and changes nobody.
  const mayChange = person && body.external_id !== undefined ? inserted : 'inserted';
  const [written, , , saved] = await Promise.all([
    inserted,
    deps.attempts.insert(plan.attempt),
    deps.history.record(plan.event),
    (async () => ((await mayChange) === 'inserted' ? save() : customer))(),
  ]);
  if (written === 'duplicate') return lostRace(planned, plan, deps);
  if (!saved._id.equals(planned.customer_id)) await giveTo(saved, planned, deps);
  const job = { attemptId: plan.attempt._id.toHexString(), generation: plan.attempt.generation, traceId: plan.attempt.trace_id };
  await deps.producer.enqueue('call', job, { priority: delivery.priority, delayMs: deps.time.until(plan.attempt.due_at) });
  return { delivery: planned, created: true };
}

/** Nobody may be called. Until the driver's message is written down, the delivery looks like one whose request died: then reconcile closes it. */
async function createUncallable(delivery: DeliveryDoc, plan: FirstPlan, customerName: string, deps: AcceptDeps): Promise<Accepted> {
  const open: DeliveryDoc = { ...delivery, contact: { state: 'pending', next_at: delivery.createdAt, attempt: 0 }, tracking_events: [] };
  if ((await deps.deliveries.insert(open)) === 'duplicate') return lostRace(open, null, deps);
  await closeUncalled(open, plan, { customerName, traceId: delivery.trace_id ?? '' }, deps);
  return { delivery: told(open, plan), created: true };
}

const told = (delivery: DeliveryDoc, { contact, event }: FirstPlan): DeliveryDoc => {
  const { _id, status, timestamp, notes } = event;
  return { ...delivery, contact, tracking_events: [{ _id, status, timestamp, ...(notes === undefined ? {} : { notes }) }] };
};

/** Another request with the same id or order number came first; its delivery is the answer. */
async function lostRace(delivery: DeliveryDoc, plan: FirstPlan | null, { deliveries, attempts, history }: AcceptDeps): Promise<Accepted> {
  // The same idempotency key; its delivery, attempt and history have the ids that ours would have had.
  const same = await deliveries.find(delivery._id);
  if (same) return { delivery: same, created: true };
  // There is no delivery of ours, so nobody may be called about it, and it has no history: neither is kept.
  if (plan?.attempt) await Promise.all([attempts.discard(plan.attempt._id), history.forget(plan.event._id)]);
  const other =
    delivery.external_id === undefined || !delivery.api_key_id
      ? null
      : await deliveries.findByExternalId(delivery.api_key_id, delivery.external_id);
  if (!other) throw unavailable('outcome-unknown');
  if (other.content_hash === delivery.content_hash) return { delivery: other, created: false };
  throw externalIdInUse();
}
