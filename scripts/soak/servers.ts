import { makeOwnFolder, removeFolder, servicesFolder } from '#scripts/services/folders.ts';
import { startMongod, type RunningMongod } from '#scripts/services/mongod.ts';
import { startRedis, type RunningRedis } from '#scripts/services/redis.ts';

/** A MongoDB and a Redis of one's own, that may be killed and started again where they were. */
export interface Servers {
  mongod: RunningMongod;
  /** Changes with every start; its address does not. */
  redis(): RunningRedis;
  /** kill -9, and after so long a start with the data that the append-only file has. */
  restartRedis(awayMs: number): Promise<void>;
}

export async function startServers(own: (name: string, close: () => Promise<unknown>) => void): Promise<Servers> {
  const mongod = await startMongod();
  own('mongod', mongod.stop);
  const dataDir = await makeOwnFolder(servicesFolder, 'redis-of-a-soak');
  own('redis data', () => removeFolder(dataDir));
  let redis = await startRedis({ dataDir });
  own('redis', () => redis.stop());
  return {
    mongod,
    redis: () => redis,
    async restartRedis(awayMs) {
      await redis.kill('SIGKILL');
      await new Promise((resolve) => setTimeout(resolve, awayMs));
      redis = await startRedis({ port: redis.port, dataDir });
    },
  };
}
