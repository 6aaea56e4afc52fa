import { type ChildProcess, fork, type StdioOptions } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const guard = fileURLToPath(new URL('./guard.ts', import.meta.url));

/** A process that cannot outlive the one that started it. */
export interface Guarded {
  readonly pid: number;
  /** Settles when the process has ended and its output is read, with its exit code (1 if a signal ended it). Never rejects. */
  readonly exited: Promise<number>;
  /** Sends a signal; does nothing when the process is gone. */
  kill(signal: NodeJS.Signals): void;
  /** Keeps this process alive until the other one has ended; without it, it may finish first and take the other one along. */
  ref(): void;
}

interface GuardedOptions {
  readonly env?: NodeJS.ProcessEnv | undefined;
  /** Takes what the command writes; default: nobody does. */
  readonly onOutput?: (stream: 'stdout' | 'stderr', text: string) => void;
  /** Removed by the guard when this process has died; else it is the caller's to remove. */
  readonly temporaryFolder?: string | undefined;
}

/**
 * Starts a command under a guard process (guard.ts), which ends it when this process dies in whatever way. Two more deaths are covered:
 * of the guard alone (this process then ends the command) and of both at once (the kernel does, where util-linux has `setpriv`).
 *
 * @throws Error when the command cannot be started.
 */
export async function spawnGuarded(command: string, args: readonly string[], options: GuardedOptions = {}): Promise<Guarded> {
  const output = options.onOutput ? 'pipe' : 'ignore';
  const stdio: StdioOptions = ['ignore', output, output, 'ipc'];
  // Detached: Ctrl-C in a terminal reaches only the starter, which then stops its servers in order.
  const keeper = fork(guard, [options.temporaryFolder ?? '', ...diesWithParent(), command, ...args], {
    stdio,
    detached: true,
    execArgv: [],
    env: options.env ?? process.env,
  });
  // Listened to at once: Node throws away what nobody reads when a process ends.
  for (const stream of ['stdout', 'stderr'] as const) {
    keeper[stream]?.setEncoding('utf8').on('data', (text: string) => options.onOutput?.(stream, text));
  }
  const ended = new Promise<number>((resolve) => {
    keeper.on('close', (code) => resolve(code ?? 1));
    keeper.on('error', () => resolve(1));
  });
  const pid = await firstMessage(keeper);
  const kill = (signal: NodeJS.Signals): void => {
    try {
      process.kill(pid, signal);
    } catch {
      // already gone
    }
  };
  keeper.unref();
  keeper.channel?.unref();
  let over = false;
  const exited = ended.then((code) => {
    if (keeper.signalCode !== null) kill('SIGKILL'); // the guard itself was killed
    over = true;
    return code;
  });
  return {
    pid,
    exited,
    kill: (signal) => {
      if (!over) kill(signal);
    },
    ref: () => {
      keeper.ref();
      keeper.channel?.ref();
    },
  };
}

async function firstMessage(keeper: ChildProcess): Promise<number> {
  const message = await new Promise<{ pid?: number; error?: string }>((resolve) => {
    keeper.once('message', (value) => resolve(value as { pid?: number; error?: string }));
    keeper.once('disconnect', () => resolve({})); // comes after all messages, which the end of the process does not
    keeper.once('error', (error) => resolve({ error: error.message }));
  });
  if (message.pid === undefined) throw new Error(message.error ?? 'it could not be started');
  return message.pid;
}

/** The words to put before a command so that Linux itself kills it together with its parent. */
function diesWithParent(): string[] {
  const setpriv = process.platform === 'linux' ? findOnPath('setpriv') : undefined;
  return setpriv ? [setpriv, '--pdeathsig', 'KILL'] : [];
}

/** Where an executable of this name is on PATH (system folders included), or undefined. */
export function findOnPath(name: string, path: string = process.env['PATH'] ?? ''): string | undefined {
  return path
    .split(delimiter)
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, name))
    .find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
