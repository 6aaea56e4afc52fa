import { Redis } from 'ioredis';
import { obtainRedis } from './redis-ways.ts';
import { type RunningServer, type ServerOptions, startServer } from './server.ts';

export interface RunningRedis extends RunningServer {
  readonly url: string;
}

export interface RedisOptions extends ServerOptions {
  /** Settings as in redis.conf, over ours; for example { databases: '64' }. */
  readonly conf?: Readonly<Record<string, string>>;
}

const ourConf = {
  appendonly: 'yes',
  appendfsync: 'everysec',
  save: '',
  'maxmemory-policy': 'noeviction',
  // The older name of hash-max-listpack-value, which Redis 6.2 knows too. A job's fields are longer than the default 64 bytes, and a hash
  // that falls back to a hash table takes nearly twice the memory.
  'hash-max-ziplist-value': '1024',
  hz: '100', // at the default 10, delayed jobs are up to 100 ms late
};

/**
 * Starts a redis-server with an append-only file and waits until it answers, its file loaded.
 *
 * @throws ServicesError in one sentence, when there is no redis-server to be had or it does not start.
 */
export async function startRedis(options: RedisOptions = {}): Promise<RunningRedis> {
  const binary = options.binary ?? (await obtainRedis(options.log ?? (() => undefined)));
  const conf = { ...ourConf, ...options.conf };
  const server = await startServer(
    {
      name: 'redis',
      binary,
      args: ({ port, dataDir, log }) => [
        ...['--port', `${port}`, '--bind', '127.0.0.1', '--dir', dataDir, '--logfile', log, '--daemonize', 'no'],
        ...Object.entries(conf).flatMap(([name, value]) => [`--${name}`, value]),
      ],
      ready: answers,
    },
    options,
  );
  return { ...server, url: `redis://127.0.0.1:${server.port}` };
}

async function answers({ port, pid }: { port: number; pid: number }): Promise<void> {
  const redis = new Redis({
    host: '127.0.0.1',
    port,
    lazyConnect: true,
    retryStrategy: null,
    maxRetriesPerRequest: 0,
    connectTimeout: 2_000,
  });
  redis.on('error', () => undefined); // connect() rejects as well
  try {
    await redis.connect();
    await redis.ping(); // an error while the file is being loaded
    const processId = /^process_id:(\d+)/m.exec(await redis.info('server'))?.[1];
    if (Number(processId) !== pid) throw new Error('another server has the port');
  } finally {
    redis.disconnect();
  }
}
