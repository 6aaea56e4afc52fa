import { setTimeout } from 'node:timers/promises';
import type { World } from './world.ts';

const LOOK_MS = 20;
/** So many calls are placed: more are being dialed at this moment. */
const IN_THE_MIDDLE = 5;

/** Kills the worker in the middle of its dialing, as a crash would, and starts another one. */
export async function replaceWorker({ stack, simulator, excuse }: World, signal: AbortSignal): Promise<void> {
  while (simulator.log.entries({ kind: 'call' }).length < IN_THE_MIDDLE) {
    if (signal.aborted) return;
    await setTimeout(LOOK_MS);
  }
  excuse('worker');
  for (const { name, kill } of stack.processes) if (name === 'worker') kill('SIGKILL');
  await stack.start('worker');
}
