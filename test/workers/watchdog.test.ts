import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const LIMIT_MS = 600;

/** A process under the watchdog that blocks its event loop for so long, then says so and ends. */
function blocked(forMs: number) {
  const child = spawn(process.execPath, [fileURLToPath(new URL('../support/blocked-process.ts', import.meta.url))], {
    env: { PATH: process.env['PATH'], LIMIT_MS: String(LIMIT_MS), BLOCK_MS: String(forMs) },
  });
  const ended = Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]).then(([stdout, stderr, [code, signal]]) => ({
    ...{ lines: stdout.trimEnd().split('\n'), stderr },
    ...{ code: code as number | null, signal: signal as string | null },
  }));
  return { child, ended };
}

it('kills a process whose event loop stands still, and says why', async () => {
  const { lines, signal } = await blocked(60_000).ended;
  expect(signal).toBe('SIGKILL');
  expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ level: 60, alert: 'process_blocked', limitMs: LIMIT_MS });
});

it('leaves one alone that works for a moment', async () => {
  expect(await blocked(LIMIT_MS / 3).ended).toMatchObject({ code: 0, lines: ['done'], stderr: '' });
});

it('leaves one alone that was stopped as a whole, and woken', async () => {
  const { child, ended } = blocked(LIMIT_MS / 3);
  await once(child, 'spawn');
  child.kill('SIGSTOP');
  await new Promise((resolve) => setTimeout(resolve, 2 * LIMIT_MS)); // longer than the limit is what is tested
  child.kill('SIGCONT');
  expect(await ended).toMatchObject({ code: 0, lines: ['done'] });
});
