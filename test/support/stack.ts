import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Queue } from 'bullmq';
import { MongoClient, ObjectId, type Db } from 'mongodb';
import { afterAll } from 'vitest';
import { catalogue, type QueueName } from '#queues/catalogue.ts';
import { queuePrefix } from '#queues/job-options.ts';
import { freePort } from '#scripts/services/server.ts';
import { startSimulator } from '#scripts/simulator/start.ts';
import type { Simulator } from '#scripts/simulator/simulator.ts';
import { PROJECT_FOLDER } from '#scripts/stack/procfile.ts';
import { stackEnv } from '#scripts/stack/stack-env.ts';
import { startStack, type Stack, type StackOptions } from '#scripts/stack/start-stack.ts';
import { newAgent } from '#src/db/documents/agent.ts';
import { createApiKeys } from '#src/db/repositories/api-keys.ts';
import { newApiKeySecret } from '#src/http/auth/key-format.ts';
import { compileCache } from './compile-cache.ts';
import { freshMongoUri, freshRedis } from './services.ts';

const execute = promisify(execFile);
const cleanUps: (() => Promise<unknown>)[] = [];

// Runs before the one of services.ts: hooks of the end run in reverse order.
afterAll(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

/** Closed at the end of the test file, in reverse order. */
export function atTheEnd(cleanUp: () => Promise<unknown>): void {
  cleanUps.push(cleanUp);
}

export interface WorldOptions extends Pick<StackOptions, 'processes'> {
  /** Simulated seconds in a real one. */
  scale?: number;
  /** What the scaled clock shows at the start, to half a real millisecond; default: now. Not for a scale of 1. Idempotency keys die of old age by MongoDB's own clock where it is a week ago. */
  begins?: Date;
  /** Servers of the test's own, which it may kill. Default: a corner of the run's. */
  mongodbUri?: string;
  redisUrl?: string;
  /** Settings over those of a whole installation. */
  env?: Readonly<Record<string, string>>;
}

export interface Answer {
  status: number;
  /** Of JSON, else null. */
  body: ReturnType<typeof JSON.parse>;
  text: string;
  /** Real milliseconds until the answer was read. */
  ms: number;
  /** When to come again, in milliseconds; 0 where nothing was said. */
  retryAfterMs: number;
}

/** A whole installation: the Procfile's lines as processes, MongoDB and Redis, the providers' stand-ins, an upstream system's key, a driver with a phone. */
export interface World {
  readonly env: Readonly<Record<string, string>>;
  readonly stack: Stack;
  readonly simulator: Simulator;
  readonly client: MongoClient;
  readonly db: Db;
  readonly driverId: string;
  /** What all processes have logged. */
  readonly lines: string[];
  /** Of it, what is of level `warn` and above. */
  readonly complaints: string[];
  /** Now, by the scaled clock. */
  now(): Date;
  /** An upstream system's request. */
  request(method: string, path: string, options?: { body?: unknown; headers?: Record<string, string> }): Promise<Answer>;
  /** `npm run reconcile`: one pass, by a process of its own. */
  reconcile(): Promise<void>;
  queue(name: QueueName): Queue;
  /** Starts the Procfile once more for the same installation. */
  startAgain(options?: Omit<StackOptions, 'env'> & { env?: Readonly<Record<string, string>> }): Promise<Stack>;
}

/** Starts an installation; everything of it is gone at the end of the test file. */
export async function startWorld({
  scale = 300,
  begins = new Date(),
  mongodbUri,
  redisUrl,
  processes,
  env: settings = {},
}: WorldOptions = {}): Promise<World> {
  const corner = redisUrl === undefined ? await freshRedis() : { url: redisUrl, prefix: 'delauto' };
  const simulator = await startSimulator({ scale, anchorMs: anchorOf(begins, scale) });
  atTheEnd(simulator.stop);
  const addresses = { mongodbUri: mongodbUri ?? freshMongoUri(), redisUrl: corner.url, port: await freePort() };
  const env = {
    ...compileCache,
    ...stackEnv({ ...addresses, providers: simulator.env, clock: simulator.clock }),
    QUEUE_PREFIX: corner.prefix,
    LOG_LEVEL: 'info',
    ...settings,
  };
  const lines: string[] = [];
  const complaints: string[] = [];
  const onLine: StackOptions['onLine'] = (name, line) => {
    lines.push(line);
    if (!line.startsWith('{"level":30')) complaints.push(`${name} ${line}`);
  };
  const startAgain: World['startAgain'] = async ({ env: over = {}, ...options } = {}) => {
    const started = await startStack({ onLine, ...options, env: { ...env, ...over } });
    atTheEnd(started.stop);
    return started;
  };
  const stack = await startAgain(processes ? { processes } : {});

  const client = await new MongoClient(addresses.mongodbUri).connect();
  atTheEnd(() => client.close());
  const db = client.db();
  const { key, driverId } = await register(db, simulator);

  const queues = new Map<QueueName, Queue>();
  const queue = (name: QueueName): Queue => {
    const opened =
      queues.get(name) ?? new Queue(catalogue[name].name, { connection: { url: corner.url }, prefix: queuePrefix(corner.prefix, name) });
    if (!queues.has(name)) {
      queues.set(name, opened);
      opened.on('error', () => undefined);
      atTheEnd(() => opened.close());
    }
    return opened;
  };

  return {
    env,
    stack,
    simulator,
    client,
    db,
    driverId,
    lines,
    complaints,
    startAgain,
    queue,
    now: () => new Date(simulator.clock.anchorMs + (Date.now() - simulator.clock.anchorMs) * scale),
    async request(method, path, { body, headers = {} } = {}) {
      const started = performance.now();
      const response = await fetch(new URL(path, stack.publicUrl), {
        method,
        headers: { authorization: `Bearer ${key}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      return {
        status: response.status,
        body: text.startsWith('{') ? JSON.parse(text) : null,
        text,
        ms: performance.now() - started,
        retryAfterMs: Number(response.headers.get('retry-after') ?? 0) * 1000,
      };
    },
    async reconcile() {
      const cwd = PROJECT_FOLDER;
      await execute(process.execPath, ['scripts/reconcile.ts'], { cwd, env: { PATH: process.env['PATH'], ...env } });
    },
  };
}

/** The real moment at which a clock that shows `begins` now, and is so many times faster, shows real time. */
function anchorOf(begins: Date, scale: number): number {
  const now = Date.now();
  return Math.round(now - (begins.getTime() - now) / (scale - 1));
}

/** An upstream system's key that no rate limit hinders, and a driver whose phone takes pushes. */
async function register(db: Db, simulator: Simulator): Promise<{ key: string; driverId: string }> {
  const { key, prefix, hash } = newApiKeySecret();
  const permissions = ['deliveries:read', 'deliveries:write'];
  const rate_limit = { requests: 1_000_000, period: 900_000 };
  await createApiKeys(db).create({ name: 'stories', permissions, environment: 'development', prefix, key: hash, rate_limit }, new Date());
  const { endpoint, keys } = simulator.createSubscription({ label: 'driver' });
  const driver = newAgent(
    {
      _id: new ObjectId(),
      name: 'Dora',
      phone: '+12025559999',
      email: 'dora@example.com',
      password: 'not a hash: she never logs in',
      role: 'agent',
      push_subscription: { endpoint, keys },
    },
    new Date(),
  );
  await db.collection('agents').insertOne(driver);
  return { key, driverId: driver._id.toHexString() };
}
