import { spawn } from 'node:child_process';
import { once } from 'node:events';

import { expect, it, onTestFinished } from 'vitest';

const run = (...args: string[]) => {
  const child = spawn(process.execPath, ['scripts/simulator/main.ts', ...args]);
  onTestFinished(() => void child.kill('SIGKILL'));
  const output = { text: '' };
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output.text += chunk.toString()));
  return { child, output, exit: once(child, 'exit') };
};

it('says what it is and how to speak with it, and goes when it is told to', async () => {
  const { child, output, exit } = run('--scale', '60', '--weights', 'busy=1');
  await expect.poll(() => output.text).toContain('Ctrl-C stops it');
  expect(output.text).toContain('THIS IS A SIMULATOR');
  const control = /http:\/\/\S+\/_control/.exec(output.text)?.[0] ?? '';
  const about = (await (await fetch(control)).json()) as { env: Record<string, string>; clock: object };
  expect(about.clock).toMatchObject({ scale: 60 });
  for (const [name, value] of Object.entries(about.env)) expect(output.text).toContain(`${name}=${value}`);
  child.kill('SIGTERM');
  expect(await exit).toEqual([0, null]);
});

it('names a wrong option', async () => {
  const { output, exit } = run('--weights', 'dance=1');
  expect(await exit).toEqual([1, null]);
  expect(output.text).toContain('known are confirm');
});

it('says in one line why it cannot start', async () => {
  const { output, exit } = run('--ca-file', '/nowhere/at/all/ca.pem');
  expect(await exit).toEqual([1, null]);
  expect(output.text).toMatch(/^The simulator could not start: .*\n$/);
});
