/** `npm run demo`: the whole system on this machine, end to end. */
import { askedToEnd, INTERRUPTED } from '#scripts/services/asked-to-end.ts';
import { ServicesError } from '#scripts/services/errors.ts';
import { UnusableFile } from './cast/read-orders.ts';
import { createClosing } from './closing.ts';
import { parseOptions, type DemoOptions } from './options.ts';
import { runDemo } from './run-demo.ts';
import { ProcessDied } from './witness.ts';
import { openWorld } from './world.ts';

const options = parseOptions(process.argv.slice(2));
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const closing = createClosing();
const asked = askedToEnd();
/** What the end of a run has shown; asked to end before it, there is nothing to show. */
let outcome = INTERRUPTED;

try {
  await Promise.race([demo(options), asked.ended]);
} catch (error) {
  outcome = 1;
  const expected = [ServicesError, UnusableFile, ProcessDied].some((kind) => error instanceof kind);
  process.stderr.write(`\n${error instanceof Error ? (expected ? error.message : (error.stack ?? error.message)) : String(error)}\n`);
}
await closing.close();
process.exit(outcome);

async function demo({ scale, seed, reconcile, verbose, exit }: DemoOptions): Promise<void> {
  const world = await openWorld({
    scale,
    seed,
    settings: reconcile ? {} : { RECONCILE: 'off' },
    log: say,
    onLine: verbose ? (line) => void process.stderr.write(`${line}\n`) : undefined,
    own: closing.own,
  });
  const fine = await Promise.race([runDemo(options, world, { say, out: process.stdout }, asked.signal), world.died]);
  outcome = fine ? 0 : 1;
  if (exit) return;
  say('\nEverything stays up for a look until Ctrl-C, and the clock goes on.');
  await Promise.race([asked.ended, world.died]);
}
