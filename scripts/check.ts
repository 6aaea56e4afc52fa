/**
 * `npm run check [-- --no-tests]`: every guard, then the tests. One line a step, the output of those that fail, and as exit code the
 * number of steps that failed.
 */
import { spawn } from 'node:child_process';
import { delimiter, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { guards, tests, type Step } from './check-steps.ts';

const AT_ONCE = 2;

/** Resolves to whether the step passed; a program that cannot be started is a failure as well. */
async function run({ name, command: [program, ...args] }: Step): Promise<boolean> {
  const started = performance.now();
  const bin = resolve('node_modules/.bin');
  // The project's own Node first: the tools start themselves by `env node`.
  const env = { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH ?? ''}` };
  const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const output: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => output.push(chunk));

  const passed = await new Promise<boolean>((settle) => {
    child.once('error', (error) => {
      output.push(Buffer.from(`${error.message}\n`));
      settle(false);
    });
    child.once('close', (code) => settle(code === 0));
  });

  const seconds = ((performance.now() - started) / 1000).toFixed(1).padStart(6);
  process.stdout.write(`${passed ? 'ok  ' : 'FAIL'} ${name.padEnd(18)}${seconds} s\n`);
  if (!passed) process.stdout.write(`${Buffer.concat(output).toString().trimEnd()}\n\n`);
  return passed;
}

/** Runs the steps in the order given, some of them at the same time; resolves to how many failed. */
async function failuresOf(steps: readonly Step[]): Promise<number> {
  const waiting = [...steps];
  let failed = 0;
  const lane = async () => {
    for (let step = waiting.shift(); step; step = waiting.shift()) if (!(await run(step))) failed += 1;
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  return failed;
}

const { values } = parseArgs({ options: { 'no-tests': { type: 'boolean', default: false } } });

let failed = await failuresOf(guards);
if (!values['no-tests']) failed += await failuresOf([tests]);
process.exitCode = failed;
