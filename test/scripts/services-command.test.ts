import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, inject, it } from 'vitest';

const main = fileURLToPath(new URL('../../scripts/services/main.ts', import.meta.url));

interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

async function command(args: string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> {
  return promisify(execFile)(process.execPath, [main, ...args], { env: { ...process.env, ...env } }).then(
    (output) => ({ code: 0, ...output }),
    (error: unknown) => error as Ended,
  );
}

it('tells in one sentence each when the servers that the variables name do not answer, and how to go on', async () => {
  const env = { MONGODB_URI: 'mongodb://someone:secret@127.0.0.1:1/x', REDIS_URL: 'redis://:secret@127.0.0.1:1' };
  const { code, stdout, stderr } = await command(['--quiet'], env);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(
    /^MONGODB_URI is set, but no MongoDB answers there .*unset it\.\nREDIS_URL is set, but no Redis answers there .*unset it\.\n$/,
  );
  expect(stderr).not.toContain('secret');
});

it('starts nothing when one address is broken', async () => {
  const { code, stderr } = await command(['--quiet'], { MONGODB_URI: 'not an address', REDIS_URL: inject('redisUrl') });
  expect(code).toBe(1);
  expect(stderr).toMatch(/^MONGODB_URI is set, but no MongoDB answers there .*\n$/);
});

it('explains itself', async () => {
  expect(await command(['--help'])).toMatchObject({ code: 0, stdout: expect.stringContaining('--data-dir') });
});
