import { join } from 'node:path';
import { ServicesError } from './errors.ts';
import { checkMongodb, checkRedis } from './existing.ts';
import { type RunningMongod, startMongod } from './mongod.ts';
import { type RunningRedis, startRedis } from './redis.ts';

export interface ServicesOptions {
  /** Takes one line for each step. */
  readonly log: (line: string) => void;
  /** False: no MongoDB is needed; `mongodbUri` is then empty. Default true. */
  readonly mongod?: boolean;
  /** False: no Redis is needed; `redisUrl` is then empty. Default true. */
  readonly redis?: boolean;
  /** Keeps the data in `<dataDir>/mongod` and `<dataDir>/redis`. Default: temporary folders. */
  readonly dataDir?: string;
  /** Settings of Redis as in redis.conf, for a server that is started here. */
  readonly redisConf?: Readonly<Record<string, string>>;
}

export interface Services {
  readonly mongodbUri: string;
  readonly redisUrl: string;
  /** Which of the two were started here, rather than named by MONGODB_URI and REDIS_URL. */
  readonly started: { readonly mongod: RunningMongod | undefined; readonly redis: RunningRedis | undefined };
  /** Stops what was started here. May be called twice. */
  stop(): Promise<void>;
}

/**
 * A MongoDB replica set and a Redis: those that MONGODB_URI and REDIS_URL name, else servers on free ports of 127.0.0.1. They end with
 * this process, however it ends.
 *
 * @throws ServicesError in one sentence, for what cannot be had; nothing is left running then.
 */
export async function startServices(options: ServicesOptions): Promise<Services> {
  const [mongodb, redis] = await Promise.allSettled([
    options.mongod === false ? { address: '' } : provideMongodb(options),
    options.redis === false ? { address: '' } : provideRedis(options),
  ]);
  const mongodServer = mongodb.status === 'fulfilled' && 'server' in mongodb.value ? mongodb.value.server : undefined;
  const redisServer = redis.status === 'fulfilled' && 'server' in redis.value ? redis.value.server : undefined;
  const stop = async (): Promise<void> => {
    await Promise.all([mongodServer?.stop(), redisServer?.stop()]);
  };
  if (mongodb.status === 'rejected' || redis.status === 'rejected') {
    await stop();
    throw both(mongodb, redis);
  }
  return {
    mongodbUri: mongodb.value.address,
    redisUrl: redis.value.address,
    started: { mongod: mongodServer, redis: redisServer },
    stop,
  };
}

function both(...results: PromiseSettledResult<unknown>[]): unknown {
  const reasons = results.filter((result) => result.status === 'rejected').map((result): unknown => result.reason);
  const bug = reasons.find((reason) => !(reason instanceof ServicesError));
  return bug ?? new ServicesError(reasons.map((reason) => (reason as ServicesError).message).join('\n'));
}

async function provideMongodb({ log, dataDir }: ServicesOptions): Promise<{ address: string; server?: RunningMongod }> {
  const given = process.env['MONGODB_URI'];
  if (given) {
    log('MongoDB: the one in MONGODB_URI');
    await checkMongodb(given);
    return { address: given };
  }
  const server = await startMongod({ log, ...(dataDir && { dataDir: join(dataDir, 'mongod') }) });
  log(`MongoDB: started on port ${server.port}, replica set rs0`);
  return { address: server.uri, server };
}

async function provideRedis({ log, dataDir, redisConf: conf }: ServicesOptions): Promise<{ address: string; server?: RunningRedis }> {
  const given = process.env['REDIS_URL'];
  if (given) {
    log('Redis: the one in REDIS_URL');
    await checkRedis(given);
    return { address: given };
  }
  const server = await startRedis({
    log,
    ...(conf && { conf }),
    ...(dataDir && { dataDir: join(dataDir, 'redis') }),
  });
  log(`Redis: started on port ${server.port}`);
  return { address: server.url, server };
}
