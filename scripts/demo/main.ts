/** `npm run demo`: the whole system on this machine, end to end. */
import { ServicesError } from '#scripts/services/errors.ts';
import { whenAbandoned } from '#scripts/services/when-abandoned.ts';
import { UnusableFile } from './cast/read-orders.ts';
import { createClosing } from './closing.ts';
import { parseOptions, type DemoOptions } from './options.ts';
import { runDemo } from './run-demo.ts';
import { openWorld } from './world.ts';

const INTERRUPTED = 130;

const options = parseOptions(process.argv.slice(2));
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const closing = createClosing();
const asked = new AbortController();
const askedToEnd = new Promise<typeof INTERRUPTED>((resolve) => {
  const end = (): void => {
    // A second time: at once. What runs ends with this process.
    if (asked.signal.aborted) process.exit(INTERRUPTED);
    asked.abort();
    resolve(INTERRUPTED);
  };
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, end);
  whenAbandoned(end);
});

let code = 1;
try {
  code = await Promise.race([demo(options), askedToEnd]);
} catch (error) {
  const expected = error instanceof ServicesError || error instanceof UnusableFile;
  process.stderr.write(`\n${error instanceof Error ? (expected ? error.message : (error.stack ?? error.message)) : String(error)}\n`);
}
await closing.close();
process.exit(code);

/** Resolves with the exit code. */
async function demo({ scale, seed, reconcile, verbose }: DemoOptions): Promise<number> {
  const world = await openWorld({
    scale,
    seed,
    settings: reconcile ? {} : { RECONCILE: 'off' },
    log: say,
    onLine: verbose ? (line) => void process.stderr.write(`${line}\n`) : undefined,
    own: closing.own,
  });
  const fine = await Promise.race([runDemo(options, world, { say, out: process.stdout }, asked.signal), world.died]);
  if (options.exit) return fine ? 0 : 1;
  say('\nEverything stays up for a look until Ctrl-C, and the clock goes on.');
  await Promise.race([askedToEnd, world.died]);
  return fine ? 0 : 1;
}
