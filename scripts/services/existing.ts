import { Redis } from 'ioredis';
import { MongoClient } from 'mongodb';
import { ServicesError } from './errors.ts';

const ANSWER_WITHIN_MS = 5_000;

/** Checks the MongoDB that the user named. @throws ServicesError when nothing answers there, or it is no replica set. */
export async function checkMongodb(uri: string): Promise<void> {
  const hello = await askMongodb(uri).catch((error: unknown) => {
    throw new ServicesError(
      `MONGODB_URI is set, but no MongoDB answers there (${words(error)}): start it, correct the variable or unset it.`,
    );
  });
  if (hello['setName'] || hello['msg'] === 'isdbgrid') return;
  throw new ServicesError(
    'The MongoDB in MONGODB_URI is no replica set: start mongod with --replSet and initiate it, or unset the variable.',
  );
}

async function askMongodb(uri: string): Promise<Record<string, unknown>> {
  const client = new MongoClient(uri, { serverSelectionTimeoutMS: ANSWER_WITHIN_MS });
  try {
    return await (await client.connect()).db('admin').command({ hello: 1 });
  } finally {
    await client.close();
  }
}

/** Checks the Redis that the user named. @throws ServicesError when nothing answers there. */
export async function checkRedis(url: string): Promise<void> {
  const redis = new Redis(url, { lazyConnect: true, retryStrategy: null, maxRetriesPerRequest: 0, connectTimeout: ANSWER_WITHIN_MS });
  redis.on('error', () => undefined); // connect() rejects as well
  try {
    await redis.connect();
    await redis.ping();
  } catch (error) {
    throw new ServicesError(`REDIS_URL is set, but no Redis answers there (${words(error)}): start it, correct the variable or unset it.`);
  } finally {
    redis.disconnect();
  }
}

function words(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';
}
