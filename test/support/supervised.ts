import { fileURLToPath } from 'node:url';
import { PROJECT_FOLDER } from '#scripts/stack/procfile.ts';
import { spawnGuarded, type Guarded } from '#scripts/services/guarded.ts';

export interface Supervised {
  /** The one that runs now, or is about to. */
  current(): Guarded;
  /** Every end so far, with its exit code. */
  readonly ends: { code: number; at: number }[];
  /** Every line that was logged, of all its lives. */
  readonly lines: string[];
  stop(): Promise<void>;
}

export interface SupervisedOptions {
  /** From the project's folder. */
  script: string;
  env: Readonly<Record<string, string>>;
  /** Whether it is started again when it ends, as a platform does. Default: true. */
  restart?: boolean;
}

/** Runs one of our scripts as a process and starts it again whenever it ends. Resolves when it says for the first time that it has started. */
export async function supervise({ script, env, restart = true }: SupervisedOptions): Promise<Supervised> {
  const ends: Supervised['ends'] = [];
  const lines: string[] = [];
  let stopping = false;
  let tell = (): void => undefined;
  const ready = new Promise<void>((resolve) => (tell = resolve));

  const start = async (): Promise<Guarded> => {
    const child = await spawnGuarded(process.execPath, [fileURLToPath(new URL(script, PROJECT_FOLDER))], {
      env: { PATH: process.env['PATH'] ?? '', ...env },
      onOutput: (_stream, text) => {
        lines.push(...text.split('\n').filter((line) => line !== ''));
        if (text.includes('"msg":"started"')) tell();
      },
    });
    over = child.exited.then(async (code) => {
      ends.push({ code, at: performance.now() });
      if (!stopping && restart) current = await start();
    });
    return child;
  };
  let over: Promise<void> = Promise.resolve();
  let current = await start();
  const early = over.then(() => {
    if (!lines.some((line) => line.includes('"msg":"started"'))) throw new Error(`${script} did not start:\n${lines.join('\n')}`);
  });
  await Promise.race([ready, early]);
  return {
    current: () => current,
    ends,
    lines,
    async stop() {
      stopping = true;
      current.kill('SIGTERM');
      await over;
    },
  };
}
