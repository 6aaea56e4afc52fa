/** `npm run bench:ingest`: how much faster than the plain way deliveries are taken in, each durable before its 202. See docs/benchmarks.md. */
import { writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { ServicesError } from '#scripts/services/errors.ts';
import { startServices, type Services } from '#scripts/services/start-services.ts';
import { whenAbandoned } from '#scripts/services/when-abandoned.ts';
import { compare } from './comparison.ts';
import { openContender } from './contender.ts';
import { readOptions, type Options } from './options.ts';
import { measure, type Measurement } from './rounds.ts';
import { WAYS } from './server.ts';
import { toTable } from './table.ts';

const options = readOptions();
// Everything that was started ends with this process, however it ends.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => process.exit(1));
whenAbandoned(() => process.exit(1));

try {
  const services = await startServices({ log: say });
  const complaints = await run(services, options);
  await services.stop();
  for (const complaint of complaints) say(complaint);
  process.exit(complaints.length === 0 ? 0 : 1);
} catch (error) {
  say(error instanceof ServicesError ? error.message : String(error instanceof Error ? error.stack : error));
  process.exit(1);
}

/** Measures, prints the table, and resolves with what is wrong. */
async function run(services: Services, { json, check, ...plan }: Options): Promise<string[]> {
  const contenders = await Promise.all(WAYS.map((way) => openContender(way, services)));
  const measurements: Measurement[] = [];
  const complaints: string[] = [];
  for await (const one of measure(contenders, plan)) {
    measurements.push(one);
    const { connections, round, way, perSecond, accepted, missing, failed, failure } = one;
    const name = `${connections} connections, round ${round}, ${way}`;
    say(`${name}: ${perSecond.toFixed(0)} requests/s; ${accepted - missing} of ${accepted} accepted deliveries are in MongoDB`);
    if (failed > 0) complaints.push(`${name}: ${failed} requests failed${failure === undefined ? '' : `, such as: ${failure}`}`);
    if (missing > 0) complaints.push(`${name}: ${missing} accepted deliveries are missing`);
  }
  for (const { way, counts, close } of contenders) {
    const { deliveries, jobs } = await counts();
    if (deliveries !== jobs) complaints.push(`${way}: ${deliveries} deliveries, but ${jobs} jobs`);
    await close();
  }
  const comparisons = compare(measurements);
  process.stdout.write(`${toTable(comparisons)}\n`);
  if (check)
    for (const { connections, against } of comparisons)
      if (against.some(({ met }) => met === false)) complaints.push(`${connections} connections: the goal is missed`);
  if (json !== undefined) {
    const machine = { node: process.version, cpus: cpus().length, model: cpus()[0]?.model };
    await writeFile(json, `${JSON.stringify({ machine, plan, comparisons, measurements }, null, 2)}\n`);
  }
  return complaints;
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
