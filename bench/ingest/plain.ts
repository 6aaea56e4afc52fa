/**
 * The plain way of taking in deliveries, for comparison: bare Fastify, the same zod schema, one MongoDB transaction of the same four
 * documents a request, one `queue.add`, then the answer. It leaves out what our server does besides: API keys, opt-outs, agents, repeats
 * (its client gets a 500 for those), the whole delivery in the answer, time limits, logging, metrics, security headers.
 *
 * Run by the benchmark as a process of its own, with PORT, MONGODB_URI, REDIS_URL and QUEUE_PREFIX.
 */
import { createHash } from 'node:crypto';
import { Queue } from 'bullmq';
import { fastify } from 'fastify';
import { validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod';
import { Redis } from 'ioredis';
import { MongoClient, ObjectId, type ClientSession } from 'mongodb';
import { call } from '#queues/call.ts';
import { jobOptions, queuePrefix } from '#queues/job-options.ts';
import { newCustomer } from '#src/db/documents/customer.ts';
import { newDelivery } from '#src/db/documents/delivery.ts';
import type { CallAttemptDoc } from '#src/db/models/callattempts.ts';
import type { CustomerDoc } from '#src/db/models/customers.ts';
import type { DeliveryDoc } from '#src/db/models/deliveries.ts';
import type { TrackingEventDoc } from '#src/db/models/trackingevents.ts';
import { NewDelivery } from '#src/http/deliveries/request.ts';
import { planFirstAttempt } from '#src/pipeline/plan-first-attempt.ts';
import { defined } from '#src/platform/defined.ts';
import { newTraceId } from '#src/platform/tracing.ts';

const { PORT, MONGODB_URI = '', REDIS_URL = '', QUEUE_PREFIX = '' } = process.env;

const client = await MongoClient.connect(MONGODB_URI, { writeConcern: { w: 'majority' } });
const db = client.db();
const customers = db.collection<CustomerDoc>('customers');
const deliveries = db.collection<DeliveryDoc>('deliveries');
const attempts = db.collection<CallAttemptDoc>('callattempts');
const trackingEvents = db.collection<TrackingEventDoc>('trackingevents');
const apiKeyId = new ObjectId();
const queue = new Queue(call.name, { connection: new Redis(REDIS_URL), prefix: queuePrefix(QUEUE_PREFIX, call.name) });

const app = fastify().withTypeProvider<ZodTypeProvider>();
app.setValidatorCompiler(validatorCompiler);
app.post('/v1/deliveries', { schema: { body: NewDelivery } }, async ({ body }, reply) => {
  const { delivery, attempt } = await client.withSession((session) => session.withTransaction(() => write(body, session)));
  if (attempt) {
    const payload = { attemptId: attempt._id.toHexString(), generation: attempt.generation, traceId: attempt.trace_id };
    const delay = Math.max(0, attempt.due_at.getTime() - Date.now());
    await queue.add(call.name, payload, jobOptions(call, call.key(payload), delivery.priority, delay));
  }
  const id = delivery._id.toHexString();
  return reply.code(202).header('location', `/v1/deliveries/${id}`).send({ id });
});
await app.listen({ host: '127.0.0.1', port: Number(PORT) });

async function write(body: NewDelivery, session: ClientSession): Promise<{ delivery: DeliveryDoc; attempt: CallAttemptDoc | null }> {
  const now = new Date();
  const { customer: given, customer_id: _customerId, agent_id: _agentId, scheduled_time, ...rest } = body;
  if (!given) throw new Error('the benchmark gives every delivery its customer');
  const customer = await upsertCustomer(given, now, session);

  const trace_id = newTraceId();
  const fields = { ...defined(rest), customer_id: customer._id, scheduled_time: new Date(scheduled_time) };
  const content_hash = createHash('sha256').update(JSON.stringify(body)).digest('hex');
  const delivery = newDelivery({ ...fields, _id: new ObjectId(), api_key_id: apiKeyId, content_hash, trace_id }, now);
  const { contact, attempt, event } = planFirstAttempt(delivery, customer, false, trace_id, now);
  delivery.contact = contact;
  delivery.tracking_events = [{ _id: event._id, status: event.status, timestamp: event.timestamp }];

  await deliveries.insertOne(delivery, { session });
  if (attempt) await attempts.insertOne(attempt, { session });
  await trackingEvents.insertOne(event, { session });
  return { delivery, attempt };
}

async function upsertCustomer(given: NonNullable<NewDelivery['customer']>, now: Date, session: ClientSession): Promise<CustomerDoc> {
  const { preferences = {}, ...person } = defined(given);
  const fresh = newCustomer({ ...person, preferences }, now);
  const customer = await customers.findOneAndUpdate(
    { phone: fresh.phone },
    { $setOnInsert: fresh }, // every customer of the benchmark is a new one
    { upsert: true, returnDocument: 'after', session },
  );
  if (!customer) throw new Error('an upsert gave no document');
  return customer;
}
