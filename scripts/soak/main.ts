/** `npm run soak`: a whole installation under a steady load and faults, then the proof of its books and of its memory. */
import { createClosing } from '#scripts/demo/closing.ts';
import { fold } from '#scripts/demo/show/fold.ts';
import { askedToEnd, INTERRUPTED } from '#scripts/services/asked-to-end.ts';
import { ServicesError } from '#scripts/services/errors.ts';
import { parseOptions } from './options.ts';
import { runSoak } from './run.ts';
import { createLine, growthTable, sampleTable, summary } from './show.ts';

const options = parseOptions(process.argv.slice(2));
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const closing = createClosing();
const asked = askedToEnd();

let outcome = 1;
try {
  await Promise.race([soak(), asked.ended]);
} catch (error) {
  const text = error instanceof Error ? (error instanceof ServicesError ? error.message : (error.stack ?? error.message)) : String(error);
  if (!asked.signal.aborted) process.stderr.write(`\n${text}\n`);
}
await closing.close();
process.exit(asked.signal.aborted ? INTERRUPTED : outcome);

async function soak(): Promise<void> {
  const { minutes, seed, rate, faults, verbose } = options;
  say(`Seed ${seed}: ${minutes} minutes at ${rate} deliveries a second${faults ? ', with faults' : ''}. Nobody is phoned.`);
  const line = createLine(process.stdout);
  const result = await runSoak({
    ...options,
    own: closing.own,
    onComplaint: (complaint) => (verbose ? void process.stderr.write(`${complaint}\n`) : undefined),
    onProgress: line.update,
    onMeasured: (samples, growth) => say(`\n${sampleTable(samples)}\n\n${growthTable(growth)}\n`),
    signal: asked.signal,
  });
  line.stop();
  for (const each of summary(result)) say(fold(each));
  for (const each of result.complaints) say(fold(`WRONG: ${each}`));
  if (result.complaints.length === 0)
    say(`The books are right: nothing lost, nobody called twice${result.judgedGrowth ? ', and nothing grew' : ''}.`);
  outcome = result.complaints.length === 0 ? 0 : 1;
}
