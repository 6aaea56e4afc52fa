import { ObjectId, type Document } from 'mongodb';
import type { LightMyRequestResponse } from 'fastify';
import { afterAll, expect, vi } from 'vitest';
import { createProducer } from '#queues/producer.ts';
import { migrate } from '#scripts/migrations/migrator.ts';
import { loadSettings } from '#src/config/settings.ts';
import { connect } from '#src/db/connect.ts';
import { newAgent } from '#src/db/documents/agent.ts';
import { createApiKeys } from '#src/db/repositories/api-keys.ts';
import { hashOfKey, newApiKeySecret, type Permission } from '#src/http/auth/key-format.ts';
import { createBackground } from '#src/http/background.ts';
import { createServer } from '#src/http/server.ts';
import { createMetrics } from '#src/platform/metrics.ts';
import { createRedis } from '#src/platform/redis.ts';
import type { Time } from '#src/platform/time.ts';
import type { Telephony } from '#src/providers/telephony.ts';
import { completeEnvironment } from './environment.ts';
import { jsonLog } from './json-log.ts';
import { migratedMongoUri } from './migrated-database.ts';
import { freshRedis } from './services.ts';

export const HOUR = 3_600_000;
export const PUBLIC_URL = 'https://delauto.example';
export const ACCOUNT = `AC${'a'.repeat(32)}`;
export const AUTH_TOKEN = 'token of the tests';

const cleanUps: (() => Promise<unknown>)[] = [];

// Runs before the one of services.ts: hooks of the end run in reverse order.
afterAll(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

export interface WebWorldOptions {
  /** Servers of the test's own, which it may stop. Default: a corner of the run's. */
  mongodbUri?: string;
  redisUrl?: string;
  /** Answers 503 after 200 ms, as the real thing does. Default: waits, so that a machine that is busy with other tests breaks none. */
  impatient?: boolean;
}

export type WebWorld = Awaited<ReturnType<typeof webWorld>>;

/** The web process's server on a real MongoDB and a real Redis, with an upstream system's key and a driver; asked by `inject`. The clock stands still at 10:00 or 11:00 in New York. */
export async function webWorld({ mongodbUri, redisUrl, impatient = false }: WebWorldOptions = {}) {
  const corner = await freshRedis();
  const settings = loadSettings({
    ...completeEnvironment,
    PUBLIC_URL,
    MONGODB_URI: mongodbUri ?? (await migratedMongoUri()),
    REDIS_URL: redisUrl ?? corner.url,
    QUEUE_PREFIX: corner.prefix,
    TWILIO_ACCOUNT_SID: ACCOUNT,
    TWILIO_AUTH_TOKEN: AUTH_TOKEN,
  });
  const { log, lines, text } = jsonLog();
  const clock = { ms: new Date().setUTCHours(15, 0, 0, 0) };
  const time: Time = {
    now: () => new Date(clock.ms),
    span: (realMs) => realMs,
    until: (at) => Math.max(0, at.getTime() - clock.ms),
    wait: async () => undefined,
    correctBy: async () => true,
    correct: async () => true,
  };
  const database = await connect(settings.mongodb, time, log);
  cleanUps.push(() => database.disconnect());
  const { db } = database;
  if (mongodbUri !== undefined) await migrate(db);

  const redis = createRedis(settings.redis, 'producer', log);
  if (redisUrl === undefined) await new Promise((ready) => redis.once('ready', ready));
  cleanUps.push(async () => redis.disconnect());
  const producer = createProducer(redis, settings.redis.prefix);
  cleanUps.push(() => producer.close());
  const background = createBackground(log);
  const metrics = createMetrics();
  const { telephony, cancelled } = aTelephony();
  const patient = { ...database, answeredSince: () => true };
  const app = await createServer(settings, {
    database: impatient ? database : patient,
    redis,
    producer,
    telephony,
    background,
    time,
    log,
    metrics,
  });
  cleanUps.push(() => app.close());

  const addKey = async (name: string, permissions: Permission[], { active = true } = {}) => {
    const { key, prefix } = newApiKeySecret();
    const row = { name, permissions, environment: settings.appEnv, prefix, key: hashOfKey(key), is_active: active };
    await createApiKeys(db).create({ ...row, rate_limit: { requests: 1_000_000, period: 900_000 } }, time.now());
    return key;
  };
  const key = await addKey('shop', ['deliveries:read', 'deliveries:write']);
  // A key that was never read must be read within 200 ms: not asked of a busy machine more than once.
  const known = () => app.inject({ url: '/v1/deliveries', headers: { authorization: `Bearer ${key}` } });
  await vi.waitFor(async () => expect((await known()).statusCode).toBe(200), { timeout: 10_000 });
  const driverId = await addDriver(db.collection('agents'), true, time.now());

  return {
    app,
    db,
    database,
    redis,
    producer,
    background,
    metrics,
    clock,
    cancelled,
    lines,
    text,
    key,
    addKey,
    driverId,
    addDriver: (active: boolean) => addDriver(db.collection('agents'), active, time.now()),
    /** What an upstream system sends, complete, with other fields where given. */
    order: (fields: Record<string, unknown> = {}) => anOrder(clock.ms, fields),
    submit: (body: unknown, headers: Record<string, string> = {}): Promise<LightMyRequestResponse> =>
      app.inject({
        method: 'POST',
        url: '/v1/deliveries',
        headers: { authorization: `Bearer ${key}`, ...headers },
        payload: body as object,
      }),
    get: (url: string): Promise<LightMyRequestResponse> => app.inject({ url, headers: { authorization: `Bearer ${key}` } }),
    cancel: (id: string): Promise<LightMyRequestResponse> =>
      app.inject({ method: 'POST', url: `/v1/deliveries/${id}/cancel`, headers: { authorization: `Bearer ${key}` } }),
    rows: (collection: string, filter: Document = {}): Promise<Document[]> =>
      db.collection(collection).find(filter).sort({ _id: 1 }).toArray(),
    /** The job that BullMQ holds, when everything that goes on after the answers has ended. */
    jobs: async (queue: 'call' | 'call-event' | 'notification') => {
      await background.idle();
      return (await producer.queues.get(queue)?.getJobs()) ?? [];
    },
    /** Every document and the number of jobs: to see that nothing was written. Without the keys' usage counts. */
    async everything() {
      await background.idle();
      const names = (await db.listCollections({}, { nameOnly: true }).toArray())
        .map(({ name }) => name)
        .filter((name) => name !== 'apikeys');
      const documents = await Promise.all(
        names.toSorted().map(async (name) => [name, await db.collection(name).find().sort({ _id: 1 }).toArray()]),
      );
      const counts = await Promise.all([...producer.queues.values()].map((queue) => queue.getJobCounts()));
      return JSON.stringify([documents, counts]);
    },
  };
}

/** Remembers whose calls it was asked to end; knows nothing else. */
function aTelephony(): { telephony: Telephony; cancelled: string[] } {
  const cancelled: string[] = [];
  const never = () => Promise.reject(new Error('the web process asks for no such thing'));
  const telephony: Telephony = {
    dial: never,
    findCall: never,
    findCallsTo: never,
    listCalls: never,
    listRecordings: never,
    fetchRecording: never,
    deleteRecording: never,
    cancel: async (callSid) => {
      cancelled.push(callSid);
      return 'requested';
    },
  };
  return { telephony, cancelled };
}

async function addDriver(agents: { insertOne(doc: Document): Promise<unknown> }, active: boolean, now: Date): Promise<string> {
  const _id = new ObjectId();
  const name = `driver-${_id.toHexString()}`;
  const driver = { _id, name, phone: name, email: `${name}@example.com`, password: 'no hash', is_active: active };
  await agents.insertOne(newAgent(driver, now));
  return _id.toHexString();
}

let orders = 0;

function anOrder(nowMs: number, fields: Record<string, unknown>): Record<string, unknown> {
  orders += 1;
  return {
    customer: {
      name: 'Ada Lovelace',
      phone: `+1202555${String(orders).padStart(4, '0')}`,
      preferences: { timezone: 'America/New_York', language: 'en' },
    },
    address: '1 Main Street',
    coordinates: { type: 'Point', coordinates: [-77.03, 38.9] },
    scheduled_time: new Date(nowMs + 5 * HOUR).toISOString(),
    ...fields,
  };
}
