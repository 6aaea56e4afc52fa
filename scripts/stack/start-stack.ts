import { fileURLToPath } from 'node:url';
import { spawnGuarded, type Guarded } from '#scripts/services/guarded.ts';
import { PROJECT_FOLDER, readProcfile, type ProcessName } from './procfile.ts';

export interface StackProcess extends Guarded {
  readonly name: ProcessName;
}

export interface Stack {
  readonly publicUrl: string;
  /** Every process that was started, also those that have ended. */
  readonly processes: readonly StackProcess[];
  /** Starts one more of this kind. Resolves when it says that it has started. */
  start(name: Exclude<ProcessName, 'release'>): Promise<StackProcess>;
  /** SIGTERM to all at once; resolves with the names of those that did not end with 0. */
  stop(): Promise<string[]>;
}

export interface StackOptions {
  env: Readonly<Record<string, string>>;
  /** Which to start, one of each; default: web, worker and clock. */
  processes?: Exclude<ProcessName, 'release'>[];
  /** Takes every line that they log. */
  onLine?: (name: ProcessName, line: string) => void;
}

const START_MS = 30_000;

/** Runs the Procfile: `release` to its end, then the rest, as child processes that cannot outlive this one. Rejects with what a process said when it did not start. */
export async function startStack({ env, processes = ['web', 'worker', 'clock'], onLine }: StackOptions): Promise<Stack> {
  const commands = await readProcfile();
  const started: StackProcess[] = [];

  const spawn = async (name: ProcessName): Promise<{ child: StackProcess; ready: Promise<void> }> => {
    const said: string[] = [];
    let tell = (): void => undefined;
    const ready = new Promise<void>((resolve) => {
      tell = resolve;
    });
    const child = await spawnGuarded('sh', ['-c', `cd '${fileURLToPath(PROJECT_FOLDER)}' && ${commands[name]}`], {
      env: { PATH: process.env['PATH'] ?? '', ...env },
      onOutput: (_stream, text) => {
        for (const line of text.split('\n').filter((each) => each !== '')) {
          said.push(line);
          if (said.length > 50) said.shift();
          if (line.includes('"msg":"started"')) tell();
          onLine?.(name, line);
        }
      },
    });
    const failed = child.exited.then((code) => {
      throw new Error(`${name} ended with ${code}:\n${said.join('\n')}`);
    });
    failed.catch(() => undefined);
    const late = new Promise<never>((_, reject) => {
      setTimeout(() => reject(new Error(`${name} did not start:\n${said.join('\n')}`)), START_MS).unref();
    });
    const stackProcess = { ...child, name };
    started.push(stackProcess);
    return { child: stackProcess, ready: Promise.race([ready, failed, late]) };
  };
  const start = async (name: ProcessName): Promise<StackProcess> => {
    const { child, ready } = await spawn(name);
    await ready;
    return child;
  };

  const stop = async (): Promise<string[]> => {
    const running = started.filter(({ name }) => name !== 'release');
    for (const child of running) child.kill('SIGTERM');
    const codes = await Promise.all(running.map(async ({ name, exited }) => ({ name, code: await exited })));
    return codes.filter(({ code }) => code !== 0).map(({ name }) => name);
  };

  const release = await spawn('release');
  release.ready.catch(() => undefined);
  const code = await release.child.exited;
  if (code !== 0) await release.ready;
  try {
    await Promise.all(processes.map(start));
  } catch (error) {
    await stop();
    throw error;
  }
  return { publicUrl: env['PUBLIC_URL'] ?? '', processes: started, start, stop };
}
