import { spawnGuarded } from './guarded.ts';

interface CommandOptions {
  /** The command is killed after so many milliseconds. */
  readonly timeoutMs: number;
  /** The command is killed when it has said nothing for so many milliseconds, counted anew from each output. */
  readonly silenceMs?: (saidSomething: boolean) => number;
  readonly env?: NodeJS.ProcessEnv;
}

interface CommandResult {
  readonly ok: boolean;
  readonly stdout: string;
  /** Why it failed, in a few words: the last line that it wrote to stderr, or its end. Empty when ok. */
  readonly why: string;
}

/** Runs a command to its end without showing its output. Never rejects; the command never outlives this process. */
export async function runCommand(command: string, args: readonly string[], options: CommandOptions): Promise<CommandResult> {
  const output = { stdout: '', stderr: '' };
  let heard = (): void => undefined;
  const onOutput = (stream: 'stdout' | 'stderr', text: string): void => {
    output[stream] += text;
    heard();
  };
  const process = await spawnGuarded(command, args, { env: options.env, onOutput }).catch((error: unknown) => String(error));
  if (typeof process === 'string') return { ok: false, stdout: '', why: process };
  process.ref();

  let stopped = '';
  const stopAfter = (ms: number, why: string): NodeJS.Timeout =>
    setTimeout(() => {
      stopped = why;
      process.kill('SIGKILL');
    }, ms);
  const patience = (saidSomething: boolean): NodeJS.Timeout | undefined => {
    const ms = options.silenceMs?.(saidSomething);
    return ms === undefined ? undefined : stopAfter(ms, `no answer for ${ms / 1000} s`);
  };
  const limit = stopAfter(options.timeoutMs, `it took more than ${options.timeoutMs / 1000} s`);
  let silence = patience(output.stdout + output.stderr !== '');
  heard = () => {
    clearTimeout(silence);
    silence = patience(true);
  };
  const code = await process.exited;
  clearTimeout(limit);
  clearTimeout(silence);
  const ok = code === 0 && stopped === '';
  return { ok, stdout: output.stdout, why: ok ? '' : stopped || lastLine(output.stderr) || `it ended with code ${code}` };
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1)?.trim() ?? '';
}
