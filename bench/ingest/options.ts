import { Command, InvalidArgumentError } from 'commander';
import { resolve } from 'node:path';

export interface Options {
  /** How often each way is measured for each count of connections. */
  rounds: number;
  /** How long one measurement lasts. */
  seconds: number;
  connections: number[];
  /** Where the numbers are written as JSON. */
  json?: string;
  /** Leave with 1 when a goal is missed. */
  check?: true;
}

export function readOptions(): Options {
  return new Command('bench:ingest')
    .description(
      'Measures POST /v1/deliveries against the plain way of doing the same, in alternating rounds on the same MongoDB and Redis. Leaves 1 when a request failed or a delivery that was accepted is not there.',
    )
    .option('--rounds <number>', 'measurements of each way', toCount, 5)
    .option('--seconds <number>', 'length of a measurement', toCount, 5)
    .option('--connections <list>', 'counts of connections, such as 1,50', toCounts, [1, 50])
    .option('--json <file>', 'write the numbers there as well', (file: string) => resolve(file))
    .option('--check', 'leave 1 when a goal is missed, too')
    .addHelpText('after', '\nMONGODB_URI and REDIS_URL, where set, are used instead of starting a server.')
    .parse()
    .opts<Options>();
}

function toCount(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1 || count > 1000) throw new InvalidArgumentError('It must be a whole number from 1 to 1000.');
  return count;
}

const toCounts = (text: string): number[] => text.split(',').map(toCount);
