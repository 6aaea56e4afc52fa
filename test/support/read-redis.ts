import { Redis } from 'ioredis';

/** Everything that Redis holds under keys with this text in them: keys, fields and values, one after the other. */
export async function readRedis(url: string, part: string): Promise<string> {
  const redis = new Redis(url);
  try {
    const keys: string[] = [];
    for await (const page of redis.scanStream({ match: `*${part}*`, count: 1000 })) keys.push(...(page as string[]));
    const values = await Promise.all(keys.map(async (key) => JSON.stringify(await readKey(redis, key))));
    return [...keys, ...values].join('\n');
  } finally {
    redis.disconnect();
  }
}

async function readKey(redis: Redis, key: string): Promise<unknown> {
  switch (await redis.type(key)) {
    case 'hash':
      return redis.hgetall(key);
    case 'zset':
      return redis.zrange(key, '0', '-1');
    case 'list':
      return redis.lrange(key, 0, -1);
    case 'set':
      return redis.smembers(key);
    case 'stream':
      return redis.xrange(key, '-', '+');
    case 'string':
      return redis.get(key);
    default:
      return null; // gone meanwhile
  }
}
