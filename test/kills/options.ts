import { Command, InvalidArgumentError } from 'commander';

export interface Options {
  kills: number;
  deliveries: number;
  seed: string;
  workers: number;
  scale: number;
  plan?: boolean;
}

const whole = (text: string): number => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('It must be a whole number above 0.');
  return value;
};

/** What the command line says. Ends the process where it says nonsense. */
export const parseOptions = (argv: readonly string[]): Options =>
  new Command('kills')
    .description('Kills workers with SIGKILL at planned points while deliveries go through, and proves that nothing was lost or doubled.')
    .option('--kills <n>', 'how many workers are killed', whole, 1000)
    .option('--deliveries <n>', 'how many deliveries are submitted meanwhile', whole, 1000)
    .option('--seed <text>', 'draws points, passes, order and people', '1')
    .option('--workers <n>', 'how many workers run at a time', whole, 3)
    .option('--scale <n>', 'how many times faster than real the clock runs', whole, 300)
    .option('--plan', 'print the plan and do nothing')
    .parse(['node', 'kills', ...argv])
    .opts<Options>();
