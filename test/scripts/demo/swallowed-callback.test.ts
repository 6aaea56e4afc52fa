import { execFile, type ExecFileException } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, inject, it } from 'vitest';
import { compileCache } from '#test/support/compile-cache.ts';

const DEMO = fileURLToPath(new URL('../../../scripts/demo/main.ts', import.meta.url));
const DROP_THE_END = JSON.stringify({ target: 'callback', kind: 'drop', match: { event: 'completed' } });

interface Ended {
  code: number;
  output: string;
}

const demo = (...args: string[]): Promise<Ended> =>
  new Promise((resolve) => {
    const env = { PATH: process.env['PATH'], ...compileCache, MONGODB_URI: inject('mongodbUri'), REDIS_URL: inject('redisUrl') };
    execFile(process.execPath, [DEMO, '--exit', ...args], { env }, (error: ExecFileException | null, stdout, stderr) =>
      resolve({ code: error ? Number(error.code ?? -1) : 0, output: stdout + stderr }),
    );
  });

it('sees that a callback was swallowed, where nothing makes it good', { timeout: 90_000 }, async () => {
  const { code, output } = await demo('--count', '1', '--no-reconcile', '--patience', '4', '--fault', DROP_THE_END);
  expect(output).toContain('WRONG: DEMO-001 attempt 1 is stuck as in_progress');
  expect(code).toBe(1);
});

it('says in a sentence what is wrong with its options', { timeout: 30_000 }, async () => {
  const { code, output } = await demo('--fault', '{"target":"callback","kind":"eat"}');
  expect(output).toContain('It must be a fault as the simulator takes it');
  expect(code).toBe(1);
});
