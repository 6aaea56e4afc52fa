import { setTimeout as delay } from 'node:timers/promises';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { MongoClient, ObjectId, type Db } from 'mongodb';
import { call } from '#queues/call.ts';
import { queuePrefix } from '#queues/job-options.ts';
import { migrate } from '#scripts/migrations/migrator.ts';
import type { Services } from '#scripts/services/start-services.ts';
import { createApiKeys } from '#src/db/repositories/api-keys.ts';
import { newApiKeySecret } from '#src/http/auth/key-format.ts';
import { startServer, type Way } from './server.ts';

/** One of the two ways, with a migrated database, a queue and a server process of its own. */
export interface Contender {
  way: Way;
  origin: string;
  /** An API key whose rate limit is out of the way. */
  key: string;
  /** How many of these deliveries are not there whole: itself, its first attempt, its event. */
  missing(ids: readonly string[]): Promise<number>;
  /** Commands of clients that the database server has had up to now. */
  commands(): Promise<number>;
  /** How many deliveries there are, and how many jobs: each has one when the server has come to rest. */
  counts(): Promise<{ deliveries: number; jobs: number }>;
  /** Stops the server and removes all that was written. */
  close(): Promise<void>;
}

const CHUNK = 5000;
const REST_MS = 5000;
/** The commands that any of the two sends on the way of a request. */
const COMMANDS = ['find', 'aggregate', 'insert', 'update', 'findAndModify', 'delete', 'bulkWrite', 'commitTransaction', 'abortTransaction'];

export async function openContender(way: Way, services: Services): Promise<Contender> {
  const name = `delauto-bench-${process.pid}-${way}`;
  const mongodbUri = services.mongodbUri.replace(/^(mongodb(?:\+srv)?:\/\/[^/?]+)(?:\/[^?]*)?/, `$1/${name}`);
  const client = await MongoClient.connect(mongodbUri, { writeConcern: { w: 'majority' } });
  const db = client.db();
  await migrate(db);
  const key = await createKey(db);
  const redis = new Redis(services.redisUrl);
  const queue = new Queue(call.name, { connection: redis, prefix: queuePrefix(name, call.name) });
  const server = await startServer(way, { mongodbUri, redisUrl: services.redisUrl, queuePrefix: name });

  const counts = async () => ({
    deliveries: await db.collection('deliveries').countDocuments(),
    jobs: await queue.getJobCountByTypes('waiting', 'prioritized', 'delayed'),
  });
  return {
    way,
    origin: server.origin,
    key,
    missing: (ids) => missing(db, ids),
    async commands() {
      const { metrics } = (await db.admin().serverStatus()) as { metrics: { commands: Record<string, { total: number } | undefined> } };
      return COMMANDS.reduce((sum, command) => sum + Number(metrics.commands[command]?.total ?? 0), 0);
    },
    async counts() {
      const deadline = performance.now() + REST_MS;
      for (;;) {
        const { deliveries, jobs } = await counts();
        if (deliveries === jobs || performance.now() > deadline) return { deliveries, jobs };
        await delay(50);
      }
    },
    async close() {
      await server.stop();
      await db.dropDatabase();
      // A server of ours is thrown away whole.
      if (!services.started.redis) await queue.obliterate({ force: true });
      await queue.close();
      await Promise.all([redis.quit(), client.close()]);
    },
  };
}

async function createKey(db: Db): Promise<string> {
  const { key, prefix, hash } = newApiKeySecret();
  const rate_limit = { requests: 1_000_000_000, period: 900_000 };
  const made = { name: 'benchmark', permissions: ['deliveries:write'], environment: 'development', prefix, key: hash, rate_limit } as const;
  await createApiKeys(db).create({ ...made, permissions: [...made.permissions] }, new Date());
  return key;
}

async function missing(db: Db, ids: readonly string[]): Promise<number> {
  let found = Infinity;
  for (const [collection, field] of [
    ['deliveries', '_id'],
    ['callattempts', 'delivery_id'],
    ['trackingevents', 'delivery_id'],
  ] as const) {
    let here = 0;
    for (let from = 0; from < ids.length; from += CHUNK) {
      const chunk = ids.slice(from, from + CHUNK).map((id) => new ObjectId(id));
      here += await db.collection(collection).countDocuments({ [field]: { $in: chunk } });
    }
    found = Math.min(found, here);
  }
  return ids.length - Math.min(found, ids.length);
}
