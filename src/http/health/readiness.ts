import { Cluster } from 'ioredis';
import type { RedisClient } from '#src/platform/redis.ts';
import { redisRefusesWrites } from '#src/platform/redis-refuses-writes.ts';
import type { Check } from './checks.ts';

/** Below it BullMQ works, but not everything that we use is recommended (BullMQ's redis-connection.ts). */
const OLDEST_REDIS = [6, 2] as const;

export interface ReadinessOptions {
  /** Rejects when MongoDB does not answer. */
  pingMongo: () => Promise<void>;
  redis: RedisClient;
  migrationsApplied: () => Promise<boolean>;
}

/** What must hold for the installation to do its work. */
export function readinessChecks({ pingMongo, redis, migrationsApplied }: ReadinessOptions): Record<string, Check> {
  const memoryLeft = everyMaster(redis, (info) => (isFull(info) ? 'takes no writes: its memory is full' : null));
  return {
    mongodb: async () => {
      await pingMongo();
      return null;
    },
    redis: async () => {
      try {
        await redis.ping();
      } catch (error) {
        // Redis refuses PING, too, while it cannot write its file.
        if (redisRefusesWrites(error)) return 'takes no writes: it cannot write its file';
        throw error;
      }
      return memoryLeft();
    },
    // An evicted key is a lost job. INFO tells it even where CONFIG is forbidden, as hosted servers do.
    redis_policy: everyMaster(redis, ({ maxmemory_policy: policy }) =>
      policy === 'noeviction' ? null : `maxmemory-policy is ${policy ?? 'unknown'}, must be noeviction`,
    ),
    redis_version: everyMaster(redis, ({ redis_version: version = '' }) =>
      isOldRedis(version) ? `Redis ${version || 'of unknown version'} is older than ${OLDEST_REDIS.join('.')}` : null,
    ),
    migrations: async () => ((await migrationsApplied()) ? null : 'migrations are missing: run the release process'),
  };
}

/** The first complaint about a master, if there is any. */
function everyMaster(redis: RedisClient, judge: (info: Record<string, string>) => string | null): Check {
  return async () => {
    const masters = redis instanceof Cluster ? redis.nodes('master') : [redis];
    const infos = await Promise.all(masters.map((master) => master.info()));
    return infos.map((info) => judge(parseInfo(info))).find((complaint) => complaint !== null) ?? null;
  };
}

/** Redis's own sum: what it keeps for replicas and its file does not count. */
function isFull(info: Record<string, string>): boolean {
  const number = (field: string) => Number(info[field] ?? 0);
  return number('maxmemory') > 0 && number('used_memory') - number('mem_not_counted_for_evict') > number('maxmemory');
}

function parseInfo(info: string): Record<string, string> {
  const lines = info.split('\r\n').filter((line) => line.includes(':'));
  return Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]));
}

function isOldRedis(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return !(major > OLDEST_REDIS[0] || (major === OLDEST_REDIS[0] && minor >= OLDEST_REDIS[1]));
}
