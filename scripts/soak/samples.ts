import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Redis } from 'ioredis';
import type { Db } from 'mongodb';

/** One look at what must not grow. */
export interface Sample {
  /** Seconds since the start. */
  at: number;
  /** Bytes. */
  redisMemory: number;
  redisClients: number;
  mongoConnections: number;
  /** Entries of the longest of the queues' event streams. */
  longestStream: number;
  /** Bytes by process: `worker 4711`. */
  rss: Readonly<Record<string, number>>;
}

export interface Watched {
  db: Db;
  redisUrl: string;
  processes: () => readonly { name: string; pid: number }[];
}

const ANSWER_MS = 3000;
const KIB = 1024;

/** Null where one of those asked is away: there is nothing to learn from it then. */
export async function takeSample(at: number, { db, redisUrl, processes }: Watched): Promise<Sample | null> {
  try {
    const [redis, mongoConnections, rss] = await Promise.all([askRedis(redisUrl), connections(db), residentSizes(processes())]);
    return { at, ...redis, mongoConnections, rss };
  } catch {
    return null;
  }
}

async function connections(db: Db): Promise<number> {
  const status = await db.admin().command({ serverStatus: 1 }, { signal: AbortSignal.timeout(ANSWER_MS) });
  return Number((status['connections'] as { current: number }).current);
}

async function askRedis(url: string): Promise<Pick<Sample, 'redisMemory' | 'redisClients' | 'longestStream'>> {
  const redis = new Redis(url, { lazyConnect: true, retryStrategy: null, maxRetriesPerRequest: 0, commandTimeout: ANSWER_MS });
  redis.on('error', () => undefined); // connect() rejects as well
  try {
    await redis.connect();
    const info = await redis.info();
    const field = (name: string) => Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(info)?.[1]);
    const streams = await redis.keys('*:events');
    const lengths = await Promise.all(streams.map((stream) => redis.xlen(stream)));
    return {
      redisMemory: field('used_memory'),
      redisClients: field('connected_clients'),
      longestStream: Math.max(0, ...lengths),
    };
  } finally {
    redis.disconnect();
  }
}

async function residentSizes(processes: readonly { name: string; pid: number }[]): Promise<Record<string, number>> {
  const { stdout } = await promisify(execFile)('ps', ['-o', 'pid=,rss=', '-p', processes.map(({ pid }) => pid).join(',')]);
  const sizes = new Map(stdout.split('\n').map((line) => line.trim().split(/\s+/).map(Number) as [number, number]));
  return Object.fromEntries(
    processes.flatMap(({ name, pid }) => {
      const size = sizes.get(pid);
      return size ? [[`${name} ${pid}`, size * KIB]] : [];
    }),
  );
}
