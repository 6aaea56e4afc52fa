import { execFile } from 'node:child_process';
import { chmod, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Redis } from 'ioredis';
import { beforeAll, expect, it, vi } from 'vitest';
import { makeOwnFolder, removeFolder, servicesFolder } from '#scripts/services/folders.ts';
import { obtainRedis } from '#scripts/services/redis-ways.ts';
import { startRedis, type RunningRedis } from '#scripts/services/redis.ts';
import { freePort } from '#scripts/services/server.ts';
import { figure } from '#test/support/figures.ts';
import { atTheEnd, startWorld, type World } from '#test/support/stack.ts';
import { mixed, untilAllHasEnded, wrongEndings } from './endings.ts';
import { p99, startUpstream, type Upstream } from './steady-upstream.ts';
import { scrape, total } from './worker-metrics.ts';

// The append-only file of a real redis-server cannot grow any more, as on a full disk: the kernel refuses (a limit on the size of
// files, set from outside by util-linux's prlimit), and Redis answers every write with MISCONF.

const BROKEN_MS = 30_000;
const WAIT = { timeout: 60_000, interval: 250 };
const execute = promisify(execFile);

let server: RunningRedis;
let redis: Redis;
let world: World;
let upstream: Upstream;
let clockPort: number;

/** A soft limit: it can be lifted again. */
const limitFiles = (bytes: number | 'unlimited') => execute('prlimit', [`--pid=${server.pid}`, `--fsize=${bytes}:`]);

beforeAll(async () => {
  const folder = await makeOwnFolder(servicesFolder, 'redis-of-a-story');
  atTheEnd(() => removeFolder(folder));
  const binary = await obtainRedis(() => undefined);
  const deafToTheLimit = path.join(folder, 'redis-server');
  // Its signal would end the process; a full disk gives none. What is ignored stays so through exec.
  await writeFile(deafToTheLimit, `#!/bin/sh\ntrap '' XFSZ\nexec '${binary.path}' "$@"\n`);
  await chmod(deafToTheLimit, 0o755);
  server = await startRedis({ dataDir: path.join(folder, 'data'), binary: { ...binary, path: deafToTheLimit } });
  atTheEnd(() => server.stop());
  redis = new Redis(server.url);
  atTheEnd(async () => redis.disconnect());
  clockPort = await freePort();
  world = await startWorld({ redisUrl: server.url, scale: 60, processes: ['web', 'worker'] });
  await world.startAgain({ processes: ['clock'], env: { METRICS_PORT: String(clockPort) } });
  upstream = startUpstream(world, 200, mixed);
  await vi.waitUntil(() => upstream.accepted.length > 20, WAIT);
}, 120_000);

it('row 11: with MISCONF the API accepts as ever, Twilio’s callbacks too, and the operator is woken', async () => {
  await limitFiles((await largestFile()) + 1000);
  await expect.poll(refusal, WAIT).toMatch(/^MISCONF /);
  const began = performance.now();
  const before = upstream.heard.length;
  await expect.poll(async () => total(await scrape(clockPort), 'alerts_total', 'redis_refuses_writes'), WAIT).toBeGreaterThan(0);
  figure(11, 'MISCONF: the alert after', ((performance.now() - began) / 1000).toFixed(1), 's');
  const readyz = await world.request('GET', '/readyz');
  expect(readyz.body.checks.redis).toMatchObject({ reason: 'takes no writes: it cannot write its file' });
  await delay(Math.max(0, BROKEN_MS - (performance.now() - began)));
  const heard = upstream.heard.slice(before);
  expect(new Set(heard.map(({ status }) => status))).toEqual(new Set([202]));
  figure(11, 'MISCONF: accepted meanwhile', heard.length);
  figure(11, 'MISCONF: submissions, p99', p99(heard).toFixed(0), 'ms');
}, 150_000);

it('row 11: everything goes on when the file can be written again', async () => {
  await limitFiles('unlimited');
  await expect.poll(refusal, WAIT).toBeNull();
  await upstream.stop();
  const { seconds, undone } = await untilAllHasEnded(world, 120_000);
  expect(undone).toEqual([]);
  const wrong = await wrongEndings(world, upstream.accepted);
  figure(11, 'MISCONF: all ended, after the file could be written', seconds.toFixed(0), 's');
  figure(11, 'MISCONF: deliveries through', upstream.accepted.length);
  figure(11, 'MISCONF: lost or doubled', wrong.length);
  expect(wrong).toEqual([]);
  const callbacks = world.simulator.log.entries({ kind: 'callback' }).map(({ status }) => Number(status));
  expect(callbacks.filter((status) => status >= 300)).toEqual([]);
}, 150_000);

const refusal = (): Promise<string | null> =>
  redis.set('probe', 'x').then(
    () => null,
    (error: unknown) => (error as Error).message,
  );

/** Of Redis's append-only files, in bytes. */
async function largestFile(): Promise<number> {
  const sizes = await Promise.all(
    ['appendonly.aof', 'appendonlydir/appendonly.aof.1.incr.aof'].map((name) =>
      stat(path.join(server.dataDir, name)).then(
        ({ size }) => size,
        () => 0,
      ),
    ),
  );
  return Math.max(...sizes);
}
