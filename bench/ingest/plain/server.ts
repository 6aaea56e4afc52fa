/**
 * The plain way of taking in deliveries, for comparison: bare Fastify, the same zod schema, one MongoDB transaction of the same four
 * documents a request, one `queue.add`, then the answer. It leaves out what our server does besides: API keys, opt-outs, agents, repeats
 * (its client gets a 500 for those), the whole delivery in the answer, time limits, logging, metrics, security headers.
 *
 * Run by the benchmark as a process of its own, with PORT, MONGODB_URI, REDIS_URL, QUEUE_PREFIX and STORE: `driver` or `mongoose`.
 */
import { Queue } from 'bullmq';
import { fastify } from 'fastify';
import { validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod';
import { Redis } from 'ioredis';
import { call } from '#queues/call.ts';
import { jobOptions, queuePrefix } from '#queues/job-options.ts';
import { NewDelivery } from '#src/http/deliveries/request.ts';
import { openDriverStore } from './driver-store.ts';
import { openMongooseStore } from './mongoose-store.ts';

const { PORT, MONGODB_URI = '', REDIS_URL = '', QUEUE_PREFIX = '', STORE } = process.env;

const store = await (STORE === 'mongoose' ? openMongooseStore : openDriverStore)(MONGODB_URI);
const queue = new Queue(call.name, { connection: new Redis(REDIS_URL), prefix: queuePrefix(QUEUE_PREFIX, call.name) });

const app = fastify().withTypeProvider<ZodTypeProvider>();
app.setValidatorCompiler(validatorCompiler);
app.post('/v1/deliveries', { schema: { body: NewDelivery } }, async ({ body }, reply) => {
  const { delivery, attempt } = await store(body);
  if (attempt) {
    const payload = { attemptId: attempt._id.toHexString(), generation: attempt.generation, traceId: attempt.trace_id };
    const delay = Math.max(0, attempt.due_at.getTime() - Date.now());
    await queue.add(call.name, payload, jobOptions(call, call.key(payload), delivery.priority, delay));
  }
  const id = delivery._id.toHexString();
  return reply.code(202).header('location', `/v1/deliveries/${id}`).send({ id });
});
await app.listen({ host: '127.0.0.1', port: Number(PORT) });
