import { Worker } from 'node:worker_threads';
import { SingleBar } from 'cli-progress';
import { addCounts, type Counts } from './counts.ts';
import type { SimulationResult } from './simulate.ts';

export interface SeedsResult {
  seeds: number;
  /** Of real time. */
  seconds: number;
  steps: number;
  counts: Counts;
  failures: Pick<SimulationResult, 'seed' | 'failure'>[];
}

/** What a thread tells of the seeds that it has done since it told last. */
export type Told = Omit<SeedsResult, 'seconds'>;

/** Runs consecutive seeds, each thread every n-th of them, with a bar that shows how far they are. */
export async function runSeeds({ from, seeds, workers }: { from: number; seeds: number; workers: number }): Promise<SeedsResult> {
  const started = performance.now();
  const total: Told = { seeds: 0, steps: 0, counts: {}, failures: [] };
  const bar = new SingleBar({ format: '{bar} {value}/{total} seeds | {eta_formatted} left | {failures} failed' });
  bar.start(seeds, 0, { failures: 0 });
  const thread = (n: number) =>
    new Promise<void>((resolve, reject) => {
      const worker = new Worker(new URL('./seeds-thread.ts', import.meta.url), {
        workerData: { first: from + n, step: workers, end: from + seeds },
      });
      worker.on('message', (told: Told) => {
        total.seeds += told.seeds;
        total.steps += told.steps;
        addCounts(total.counts, told.counts);
        total.failures.push(...told.failures);
        bar.update(total.seeds, { failures: total.failures.length });
      });
      worker.on('error', reject);
      worker.on('exit', () => resolve());
    });
  try {
    await Promise.all(Array.from({ length: workers }, (_, n) => thread(n)));
  } finally {
    bar.stop();
  }
  return { ...total, seconds: (performance.now() - started) / 1000 };
}
