/** `npm run kills`: many kill -9 at named points under load, and the proof that nothing was lost and nobody called twice. */
import { createClosing } from '#scripts/demo/closing.ts';
import { ownCorner } from '#scripts/demo/own-corner.ts';
import { askedToEnd, INTERRUPTED } from '#scripts/services/asked-to-end.ts';
import { startServices } from '#scripts/services/start-services.ts';
import { parseOptions } from './options.ts';
import { planKills } from './plan.ts';
import { runKills } from './run.ts';
import { createShow, pointTable, summary } from './show.ts';

const options = parseOptions(process.argv.slice(2));
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const closing = createClosing();
const asked = askedToEnd();

let outcome = 1;
try {
  if (options.plan) outcome = printPlan();
  else await Promise.race([kill(), asked.ended]);
} catch (error) {
  process.stderr.write(`\n${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
}
await closing.close();
process.exit(asked.signal.aborted ? INTERRUPTED : outcome);

function printPlan(): number {
  for (const { instance, point, nth } of planKills(options.kills, options.seed)) say(`${instance} ${point} ${nth}`);
  return 0;
}

async function kill(): Promise<void> {
  const services = await startServices({ log: say });
  closing.own('servers', services.stop);
  say(`Seed ${options.seed}: ${options.kills} kills, ${options.deliveries} deliveries, ${options.workers} workers at a time`);
  const show = createShow(options.kills, process.stdout);
  const result = await runKills({
    ...options,
    people: 'everybody',
    ...ownCorner(services.mongodbUri),
    redisUrl: services.redisUrl,
    own: closing.own,
    onProgress: show.update,
    signal: asked.signal,
  });
  show.stop();
  say(`\n${pointTable(result.kills)}\n`);
  for (const line of summary(result)) say(line);
  for (const line of result.complaints) say(`WRONG: ${line}`);
  say(`The same kills again: npm run kills -- --kills ${options.kills} --deliveries ${options.deliveries} --seed ${options.seed}`);
  outcome = result.complaints.length === 0 ? 0 : 1;
}
