import { availableParallelism } from 'node:os';
import { Command, InvalidArgumentError } from 'commander';
import { runSeeds } from './run-seeds.ts';
import { simulate } from './simulate.ts';
import { summaryOf } from './summary.ts';

const whole = (text: string): number => {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 0) throw new InvalidArgumentError('must be a whole number');
  return number;
};

const command = new Command('simulate')
  .description(
    'Runs the pipeline in memory under seeded faults, and asserts the promises P2 to P5 after every step. Exit code 1: one was broken.',
  )
  .option('--seed <n>', 'run this one', whole)
  .option('--trace', 'with --seed: print every step')
  .option('--seeds <n>', 'run so many', whole, 10_000)
  .option('--from <n>', 'the first of them', whole, 1)
  .option('--workers <n>', 'on so many cores', whole, availableParallelism())
  .parse();
const options = command.opts<{ seed?: number; trace?: true; seeds: number; from: number; workers: number }>();

if (options.seed === undefined) {
  const result = await runSeeds({ from: options.from, seeds: options.seeds, workers: Math.max(1, options.workers) });
  process.stdout.write(summaryOf(result));
  process.exitCode = result.failures.length > 0 ? 1 : 0;
} else {
  const print = (line: string) => void process.stdout.write(`${line}\n`);
  const { failure, steps, counts } = await simulate({ seed: options.seed, ...(options.trace ? { trace: print } : {}) });
  const verdict = `seed ${options.seed}: ${steps} steps, ${failure ?? 'every promise was kept'}`;
  print(options.trace ? verdict : `${verdict}\n${JSON.stringify(counts, null, 2)}`);
  process.exitCode = failure === undefined ? 0 : 1;
}
