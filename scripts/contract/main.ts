import { join } from 'node:path';
import Table from 'cli-table3';
import { Command } from 'commander';
import { startSimulator } from '#scripts/simulator/start.ts';
import { exercise } from './exercise.ts';
import { judge, type Verdict } from './judge.ts';
import { readSpec } from './spec.ts';
import { openTap } from './tap.ts';

const { specs } = new Command('test:contract')
  .description(
    "Holds our requests to Twilio and OpenAI, and the simulator's answers, to the providers' own OpenAPI descriptions. Leaves 0 when all fit.",
  )
  .requiredOption('--specs <folder>', 'the folder with twilio-voice.openapi.json and openai.openapi.json')
  .parse()
  .opts<{ specs: string }>();

const twilioSpec = await readSpec(join(specs, 'twilio-voice.openapi.json'));
const openaiSpec = await readSpec(join(specs, 'openai.openapi.json'), '/v1');
const simulator = await startSimulator({ scale: 60 });
const twilio = await openTap(simulator.urls.twilio);
const openai = await openTap(new URL(simulator.urls.openai).origin);

try {
  await exercise(simulator, { twilio: twilio.origin, openai: `${openai.origin}/v1` });
} finally {
  await Promise.all([twilio.close(), openai.close()]);
  await simulator.stop();
}

const verdicts: Verdict[] = [];
// Media is no JSON document: the descriptions do not cover it.
for (const exchange of twilio.exchanges.filter(({ target }) => !/\.(mp3|wav)$/.test(target)))
  verdicts.push(await judge(exchange, twilioSpec));
for (const exchange of openai.exchanges) verdicts.push(await judge(exchange, openaiSpec));

const table = new Table({
  head: ['operation', 'status', 'verdict'],
  colWidths: [68, 8, 20],
  wordWrap: true,
  style: { head: [], border: [] },
});
for (const { operation, status, faults } of verdicts)
  table.push([operation, status, faults.length === 0 ? 'fits' : `${faults.length} faults`]);
process.stdout.write(`${table.toString()}\n`);
for (const { operation, faults } of verdicts) for (const fault of faults) process.stdout.write(`${operation}: ${fault}\n`);
process.exitCode = verdicts.length > 0 && verdicts.every(({ faults }) => faults.length === 0) ? 0 : 1;
