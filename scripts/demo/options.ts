import { Command, InvalidArgumentError, Option } from 'commander';
import { Fault, type FaultInput } from '#scripts/simulator/faults.ts';

export interface DemoOptions {
  file?: string;
  count?: number;
  exit?: boolean;
  seed: string;
  scale: number;
  patience: number;
  /** False: no reconcile puts right what was lost. */
  reconcile: boolean;
  fault: FaultInput[];
  verbose?: boolean;
  /** A worker is killed in the middle of the dialing, and another one started. */
  killWorker?: boolean;
}

/** One second is five minutes: a call takes some tenths of one, a retry of an hour is seen after twelve. */
const SCALE = 300;
const PATIENCE_SECONDS = 45;

const whole = (text: string): number => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('It must be a whole number above 0.');
  return value;
};

const faults = (text: string, before: FaultInput[]): FaultInput[] => {
  try {
    return [...before, Fault.parse(JSON.parse(text))];
  } catch (error) {
    throw new InvalidArgumentError(`It must be a fault as the simulator takes it: ${String(error)}`);
  }
};

/** What the command line says. Ends the process where it says nonsense. */
export const parseOptions = (argv: readonly string[]): DemoOptions =>
  new Command('demo')
    .description('Runs the whole system on this machine, phones made-up customers through a simulator, and shows what happens to them.')
    .option('--file <json>', 'submit the deliveries of this file instead of made-up ones')
    .option('--count <n>', 'how many deliveries (default: 40, or all of the file)', whole)
    .option('--seed <text>', 'draws what the people of a file do', '1')
    .option('--scale <n>', 'how many times faster than real the clock runs', whole, SCALE)
    .option('--exit', 'leave at the end: with 0 when database and simulator agree that all is well')
    .option('--patience <seconds>', 'how long nothing may move before it counts as stuck', whole, PATIENCE_SECONDS)
    .option('--verbose', 'show what the processes log')
    .addOption(new Option('--fault <json>', 'script a fault of the simulator; may be repeated').argParser(faults).default([]).hideHelp())
    .addOption(new Option('--kill-worker', 'kill a worker in the middle of the dialing, and start another one').hideHelp())
    .addOption(new Option('--no-reconcile', 'switch reconcile off').hideHelp())
    .parse(['node', 'demo', ...argv])
    .opts<DemoOptions>();
