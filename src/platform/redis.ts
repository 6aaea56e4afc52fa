import { Cluster, Redis } from 'ioredis';
import type { Logger } from './logger.ts';

export type RedisClient = Redis | Cluster;

export interface RedisSettings {
  url: string | undefined;
  clusterNodes: string[] | undefined;
}

/** Reconnect pauses, capped so that everybody is back within 20 s of Redis's return. */
const retryStrategy = (times: number) => Math.min(100 * 2 ** Math.min(times, 8), 10_000);

/** A producer answers a waiting request, so it fails at once; a worker can wait out a restart. */
const roles = {
  producer: { enableOfflineQueue: false, maxRetriesPerRequest: 1, commandTimeout: 2000 },
  worker: { enableOfflineQueue: true, maxRetriesPerRequest: null },
};

/** One long-lived client. `commandTimeout` must not be set for workers: their blocking reads last longer. */
export function createRedis({ url, clusterNodes }: RedisSettings, role: keyof typeof roles, log: Logger): RedisClient {
  const { enableOfflineQueue, ...perNode } = { ...roles[role], connectionName: `delauto-${role}` };
  const client = clusterNodes
    ? new Cluster(clusterNodes, { redisOptions: perNode, clusterRetryStrategy: retryStrategy, enableOfflineQueue })
    : new Redis(url ?? 'redis://127.0.0.1:6379', { ...perNode, enableOfflineQueue, retryStrategy });
  let down = false;
  client.on('error', (error: Error) => {
    // One line a fault, not one a retry.
    if (!down) log.warn({ err: error }, 'redis is away');
    down = true;
  });
  client.on('ready', () => {
    if (down) log.info('redis is back');
    down = false;
  });
  return client;
}

/** Lets the commands under way end; a client whose Redis is away is simply dropped. */
export async function closeRedis(client: RedisClient): Promise<void> {
  if (client.status === 'ready') await client.quit();
  else client.disconnect();
}
