import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { isAlive, makeOwnFolder } from '#scripts/services/folders.ts';

it('removes the folders of processes that are gone, and no others', async () => {
  const parent = await mkdtemp(join(tmpdir(), 'folders-'));
  onTestFinished(() => rm(parent, { recursive: true }));
  const gone = spawnSync('true').pid;
  for (const name of [`mongod-${gone}-AbC123`, `mongod-${process.pid}-AbC123`, 'kept']) await mkdir(join(parent, name));

  const own = await makeOwnFolder(parent, 'mongod');

  expect(existsSync(join(parent, `mongod-${gone}-AbC123`))).toBe(false);
  expect([`mongod-${process.pid}-AbC123`, 'kept'].map((name) => existsSync(join(parent, name)))).toEqual([true, true]);
  expect(existsSync(own)).toBe(true);
});

it.each(['SIGKILL', 'SIGTERM'] as const)('counts a process as alive until %s', async (signal) => {
  const child = spawn('sleep', ['600']);
  await once(child, 'spawn');
  expect(isAlive(child.pid ?? 0)).toBe(true);
  child.kill(signal);
  await expect.poll(() => isAlive(child.pid ?? 0)).toBe(false);
});

it('counts a process that nobody collected as dead', async () => {
  // The shell's child ends, and the sleep that took the shell's place never asks for it.
  const parent = spawn('sh', ['-c', 'sh -c "exit 0" & echo $!; exec sleep 600']);
  onTestFinished(() => void parent.kill('SIGKILL'));
  const [line] = (await once(parent.stdout, 'data')) as [Buffer];
  await expect.poll(() => isAlive(Number(line.toString()))).toBe(false);
});
