import { Command, InvalidArgumentError } from 'commander';

export interface SoakOptions {
  minutes: number;
  seed: string;
  rate: number;
  scale: number;
  faults: boolean;
  verbose?: boolean;
}

const above0 = (text: string): number => {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError('It must be a number above 0.');
  return value;
};

/** What the command line says. Ends the process where it says nonsense. */
export const parseOptions = (argv: readonly string[]): SoakOptions =>
  new Command('soak')
    .description('Runs a whole installation at a steady load while faults strike it, then proves the books and that nothing grew.')
    .option('--minutes <n>', 'how long deliveries come in', above0, 60)
    .option('--seed <text>', 'draws the people and the faults', '1')
    .option('--rate <n>', 'deliveries submitted a second', above0, 1)
    .option('--scale <n>', 'how many times faster than real the clock runs', above0, 300)
    .option('--no-faults', 'load alone')
    .option('--verbose', 'show what the processes complain of')
    .parse(['node', 'soak', ...argv])
    .opts<SoakOptions>();
