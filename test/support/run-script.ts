import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { compileCache } from './compile-cache.ts';

/** Runs one of our scripts as a process of its own, with this environment and nothing else of ours. */
export async function runScript(script: string, args: string[], env: Record<string, string>, input = '') {
  const child = spawn(process.execPath, [script, ...args], { env: { PATH: process.env.PATH ?? '', ...compileCache, ...env } });
  child.stdin.end(input);
  const [stdout, stderr, code] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise<number | null>((resolve) => child.once('close', resolve)),
  ]);
  return { code, stdout, stderr, lines: stdout.trimEnd().split('\n') };
}
