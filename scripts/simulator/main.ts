import { Command, InvalidArgumentError } from 'commander';

import type { SimulatorOptions } from './options.ts';
import { DEFAULTS } from './options.ts';
import { numberTable, parseWeights, scenarioNames } from './scenarios.ts';
import { startSimulator } from './start.ts';

const positive = (text: string): number => {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError('must be a number above 0.');
  return value;
};

const port = (text: string): number => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0 || value > 65_535) throw new InvalidArgumentError('must be a port.');
  return value;
};

const weights = (text: string) => {
  try {
    return parseWeights(text);
  } catch {
    throw new InvalidArgumentError(`must read like confirm=5,busy=1; known are ${scenarioNames.join(', ')}.`);
  }
};

const table = Object.entries(numberTable)
  .toSorted()
  .map(([digits, steps]) => `  …${digits}  ${steps}`)
  .join('\n');

const command = new Command('simulator')
  .description('Stands in for Twilio, OpenAI, a push service and S3 on this machine. Nobody is phoned.')
  .option('--twilio-port <port>', 'port of the Twilio API', port, 0)
  .option('--openai-port <port>', 'port of the OpenAI API', port, 0)
  .option('--push-port <port>', 'port of the push service (TLS)', port, 0)
  .option('--s3-port <port>', 'port of S3', port, 0)
  .option('--control-port <port>', 'port of the control API', port, 0)
  .option('--account-sid <sid>', 'the Twilio account', DEFAULTS.accountSid)
  .option('--auth-token <token>', 'its auth token', DEFAULTS.authToken)
  .option('--from-number <number>', 'its number', DEFAULTS.fromNumber)
  .option('--only-from-number', 'refuse calls from any other number')
  .option('--twilio-cps <number>', 'calls dialed in a simulated second; the rest queue', positive)
  .option('--openai-api-key <key>', 'the API key', DEFAULTS.openaiApiKey)
  .option('--bucket <name>', 'the bucket that exists from the start', DEFAULTS.bucket)
  .option('--ca-file <path>', "where to write the push service's CA")
  .option('--seed <text>', 'what people do is drawn from it', DEFAULTS.seed)
  .option('--weights <list>', 'how often each scenario is drawn, such as confirm=5,busy=1', weights)
  .option('--no-number-table', 'draw for every number, whatever its last digits')
  .option('--scale <number>', 'simulated seconds in a real one', positive, 1)
  .option('--anchor <ms>', 'real epoch milliseconds at which both clocks agree', positive)
  .option('--instant', 'wait for nothing')
  .addHelpText(
    'after',
    `\nWhat a called person does, by the last two digits of the number, unless it is set over the control API:\n${table}`,
  )
  .parse();

const flags = command.opts<
  Omit<SimulatorOptions, 'ports' | 'anchorMs' | 'useNumberTable'> & {
    twilioPort: number;
    openaiPort: number;
    pushPort: number;
    s3Port: number;
    controlPort: number;
    anchor?: number;
    numberTable: boolean;
  }
>();

const { twilioPort, openaiPort, pushPort, s3Port, controlPort, anchor, numberTable: useNumberTable, ...rest } = flags;

const start = async () => {
  try {
    return await startSimulator({
      ...rest,
      anchorMs: anchor,
      useNumberTable,
      ports: { twilio: twilioPort, openai: openaiPort, push: pushPort, s3: s3Port, control: controlPort },
    });
  } catch (error) {
    return command.error(`The simulator could not start: ${error instanceof Error ? error.message : String(error)}`);
  }
};
const simulator = await start();

process.stdout.write(`
***************************************************************************
*  THIS IS A SIMULATOR. It stands in for Twilio, OpenAI, web push and S3. *
*  No call is placed, nobody is phoned, every person in it is invented.   *
***************************************************************************

Control API: ${simulator.urls.control}
Settings that make DelAuto speak with it:

${Object.entries(simulator.env)
  .map(([name, value]) => `${name}=${value}`)
  .join('\n')}

Ctrl-C stops it.
`);

const stop = () => {
  void simulator.stop();
};
process.once('SIGINT', stop);
process.once('SIGTERM', stop);
