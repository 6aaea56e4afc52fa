import { mkdir, readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Binary, libraryEnv } from './binary.ts';
import { ServicesError } from './errors.ts';
import { makeOwnFolder, removeFolder, servicesFolder } from './folders.ts';
import { type Guarded, spawnGuarded } from './guarded.ts';

/** A server process on 127.0.0.1 that cannot outlive the process which started it. */
export interface RunningServer {
  readonly pid: number;
  readonly port: number;
  readonly dataDir: string;
  /** Ends the server, in order if its data are to stay, and removes a data folder that was made for it. May be called twice. */
  stop(): Promise<void>;
  /** Sends a signal. Settles when the process has ended; at once for SIGSTOP and SIGCONT. The data folder stays. */
  kill(signal: NodeJS.Signals): Promise<void>;
}

export interface ServerOptions {
  /** Default: a free port. Name one to start a server again where another stood. */
  readonly port?: number;
  /** Default: a new folder below `.data/services`, removed by `stop()`. A folder that is named is made if need be, and stays. */
  readonly dataDir?: string;
  /** Default: obtained as `npm run services` does. */
  readonly binary?: Binary;
  /** Default: silence. */
  readonly log?: (line: string) => void;
}

interface Recipe {
  readonly name: string;
  readonly binary: Binary;
  /** The server writes its own log to `log`. */
  args(place: { port: number; dataDir: string; log: string }): string[];
  /** Throws until the server answers. Told the process id, since whatever stood on the port before may answer in its place. */
  ready(place: { port: number; pid: number }): Promise<void>;
}

const READY_WITHIN_MS = 60_000;
const IN_ORDER_WITHIN_MS = 10_000;

/** Starts a server and waits until it answers. @throws ServicesError with the last line of the server's log when it does not. */
export async function startServer(recipe: Recipe, options: ServerOptions): Promise<RunningServer> {
  const temporary = options.dataDir === undefined;
  const dataDir = options.dataDir ?? (await makeOwnFolder(servicesFolder, recipe.name));
  await mkdir(dataDir, { recursive: true });
  const log = join(dataDir, `${recipe.name}.log`);
  const cleanUp = async (): Promise<void> => {
    if (temporary) await removeFolder(dataDir);
  };
  // A free port may be taken by another between the look and the start.
  for (let chances = options.port === undefined ? 3 : 1; ; chances -= 1) {
    const port = options.port ?? (await freePort());
    const args = recipe.args({ port, dataDir, log });
    try {
      const process = await spawnGuarded(recipe.binary.path, args, {
        env: libraryEnv(recipe.binary),
        temporaryFolder: temporary ? dataDir : undefined,
      });
      await untilReady(process, () => recipe.ready({ port, pid: process.pid }));
      return running(process, port, dataDir, temporary, cleanUp);
    } catch (error) {
      const said = (await readFile(log, 'utf8').catch(() => '')).trim().split('\n').slice(-20);
      if (chances > 1 && said.some((line) => /address already in use/i.test(line))) continue;
      await cleanUp();
      const why = tellingLine(said) || 'nothing in its log';
      throw new ServicesError(
        `${recipe.name} ${recipe.binary.version} did not start on port ${port} (${(error as Error).message}): ${why}`,
      );
    }
  }
}

function running(process: Guarded, port: number, dataDir: string, temporary: boolean, cleanUp: () => Promise<void>): RunningServer {
  const kill = async (signal: NodeJS.Signals): Promise<void> => {
    process.kill(signal);
    if (signal === 'SIGSTOP' || signal === 'SIGCONT') return;
    process.ref();
    await process.exited;
  };
  const stop = async (): Promise<void> => {
    if (temporary) await kill('SIGKILL');
    else {
      const patience = setTimeout(() => process.kill('SIGKILL'), IN_ORDER_WITHIN_MS);
      await kill('SIGTERM');
      clearTimeout(patience);
    }
    await cleanUp();
  };
  return { pid: process.pid, port, dataDir, stop, kill };
}

async function untilReady(process: Guarded, ready: () => Promise<void>): Promise<void> {
  const ended = process.exited.then((code) => {
    throw new Error(`it ended with code ${code}`);
  });
  ended.catch(() => undefined); // when it was long ready
  const deadline = Date.now() + READY_WITHIN_MS;
  for (;;) {
    const failure = await Promise.race([ended, failureOf(ready())]);
    if (!failure) return;
    if (Date.now() > deadline) {
      process.kill('SIGKILL');
      throw failure;
    }
    await Promise.race([ended, delay(25)]);
  }
}

async function failureOf(promise: Promise<void>): Promise<Error | undefined> {
  return promise.then(
    () => undefined,
    (error: unknown) => error as Error,
  );
}

// The last words are seldom the reason: 'shutting down'. MongoDB marks errors as "s":"E" or "F".
function tellingLine(log: readonly string[]): string | undefined {
  const line = log.findLast((said) => /"s":"[EF]"|error|in use|can't|cannot|could not/i.test(said)) ?? log.at(-1);
  return line?.slice(0, 400);
}

/** A port of 127.0.0.1 that nothing listens on at this moment. */
export async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => (address && typeof address === 'object' ? resolve(address.port) : reject(new Error('no port'))));
    });
  });
}
