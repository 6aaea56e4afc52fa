import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { isAlive, removeFolder, servicesFolder } from '#scripts/services/folders.ts';
import { startRedis } from '#scripts/services/redis.ts';

const main = fileURLToPath(new URL('../../scripts/services/main.ts', import.meta.url));
const starters: ChildProcess[] = [];

afterEach(async () => {
  for (const starter of starters.splice(0)) {
    starter.kill('SIGKILL');
    await Promise.all(foldersOf(starter).map((name) => removeFolder(join(servicesFolder, name))));
  }
});

/** `npm run services`, once both servers are up. */
async function services(): Promise<{ starter: ChildProcess; exited: Promise<unknown[]>; servers: number[]; guards: number[] }> {
  const { MONGODB_URI: _mongodb, REDIS_URL: _redis, ...env } = process.env;
  const starter = spawn(process.execPath, [main], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  starters.push(starter);
  const exited = once(starter, 'exit');
  let output = '';
  starter.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  await expect
    .poll(() => output, { timeout: 25_000 })
    .toMatch(/^MONGODB_URI=mongodb:\/\/127\.0\.0\.1:\d+\/delauto\?replicaSet=rs0\nREDIS_URL=redis:\S+\n$/);
  const guards = childrenOf(starter.pid);
  const servers = guards.flatMap(childrenOf);
  expect(servers.map(commandOf).sort()).toEqual(['mongod', 'redis-server']);
  return { starter, exited, servers, guards };
}

function childrenOf(pid: number | undefined): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
}

function commandOf(pid: number): string {
  return basename(readFileSync(`/proc/${pid}/cmdline`, 'utf8').split(/[\0 ]/)[0] ?? '');
}

function foldersOf(starter: ChildProcess): string[] {
  return readdirSync(servicesFolder).filter((name) => name.includes(`-${starter.pid}-`));
}

describe('npm run services leaves nothing running', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)('after %s, which also removes the data', async (signal) => {
    const { starter, exited, servers, guards } = await services();
    expect(foldersOf(starter)).toHaveLength(2);
    starter.kill(signal);
    expect(await exited).toEqual([0, null]);
    await expect.poll(() => [...servers, ...guards].filter(isAlive)).toEqual([]);
    expect(foldersOf(starter)).toEqual([]);
  });

  it('after kill -9, and no data', async () => {
    const { starter, exited, servers, guards } = await services();
    starter.kill('SIGKILL');
    await exited;
    await expect.poll(() => [...servers, ...guards].filter(isAlive)).toEqual([]);
    expect(foldersOf(starter)).toEqual([]);
  });

  it('after kill -9 of the guards', async () => {
    const { servers, guards } = await services();
    for (const guard of guards) process.kill(guard, 'SIGKILL');
    await expect.poll(() => servers.filter(isAlive)).toEqual([]);
  });

  it('after kill -9 of starter and guards at once, whose data the next start removes', async () => {
    const { starter, exited, servers, guards } = await services();
    for (const pid of [starter.pid, ...guards]) if (pid) process.kill(pid, 'SIGKILL');
    await exited;
    await expect.poll(() => servers.filter(isAlive)).toEqual([]);

    const next = await startRedis();
    expect(foldersOf(starter)).toEqual([]);
    await next.stop();
    expect(existsSync(next.dataDir)).toBe(false);
  });
});
