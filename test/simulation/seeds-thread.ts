import { parentPort, workerData } from 'node:worker_threads';
import { addCounts } from './counts.ts';
import type { Told } from './run-seeds.ts';
import { simulate } from './simulate.ts';

const { first, step, end } = workerData as { first: number; step: number; end: number };
const EACH = 50;

let told: Told = { seeds: 0, steps: 0, counts: {}, failures: [] };
const tell = () => {
  parentPort?.postMessage(told);
  told = { seeds: 0, steps: 0, counts: {}, failures: [] };
};

for (let seed = first; seed < end; seed += step) {
  const { steps, counts, failure } = await simulate({ seed });
  told.seeds += 1;
  told.steps += steps;
  addCounts(told.counts, counts);
  if (failure !== undefined) told.failures.push({ seed, failure });
  if (told.seeds >= EACH) tell();
}
tell();
