import { randomBytes } from 'node:crypto';
import { Redis } from 'ioredis';
import { MongoClient } from 'mongodb';
import { afterAll, inject } from 'vitest';

const cleanUps: (() => Promise<void>)[] = [];

// At the end of the test file that imports this module: vitest loads it anew for each.
afterAll(async () => {
  await Promise.all(cleanUps.splice(0).map((cleanUp) => cleanUp()));
});

/** The address of a database that nobody else uses, of a real MongoDB replica set. Dropped at the end of the test file. */
export function freshMongoUri(): string {
  const uri = withDatabase(inject('mongodbUri'), uniqueName());
  cleanUps.push(async () => {
    const client = new MongoClient(uri);
    try {
      await client.db().dropDatabase();
    } finally {
      await client.close();
    }
  });
  return uri;
}

export interface FreshRedis {
  /** With a logical database of its own, so that FLUSHDB harms nobody. FLUSHALL does: a test that needs it starts a server (`startRedis`). */
  readonly url: string;
  /** For BullMQ's `prefix` and the like. Use it: a Redis that REDIS_URL names has no database to spare, and only the prefix sets tests apart. */
  readonly prefix: string;
}

/** A corner of a real Redis that nobody else uses. Emptied at the end of the test file. */
export async function freshRedis(): Promise<FreshRedis> {
  const shared = inject('redisUrl');
  const prefix = uniqueName();
  const databases = inject('redisDatabases');
  if (databases === 0) {
    cleanUps.push(() => withRedis(shared, (redis) => deleteKeys(redis, `*${prefix}*`)));
    return { url: shared, prefix };
  }
  const number = await withRedis(shared, (redis) => redis.incr('databases-taken'));
  if (number >= databases) throw new Error(`All ${databases} logical databases are taken: raise their number in global-setup.ts.`);
  const url = `${shared}/${number}`;
  cleanUps.push(() => withRedis(url, async (redis) => void (await redis.flushdb())));
  return { url, prefix };
}

/** The same address with another database. Where the original has credentials, its `authSource` must be in it. */
export function withDatabase(uri: string, database: string): string {
  const [, server = uri, options = ''] = /^(mongodb(?:\+srv)?:\/\/[^/?]+)(?:\/[^?]*)?(\?.*)?$/.exec(uri) ?? [];
  return `${server}/${database}${options}`;
}

function uniqueName(): string {
  return `test-${randomBytes(8).toString('hex')}`;
}

async function withRedis<T>(url: string, use: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(url);
  try {
    return await use(redis);
  } finally {
    redis.disconnect();
  }
}

async function deleteKeys(redis: Redis, pattern: string): Promise<void> {
  for await (const keys of redis.scanStream({ match: pattern, count: 1_000 })) {
    if (keys.length > 0) await redis.unlink(...(keys as string[]));
  }
}
