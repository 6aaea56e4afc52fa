import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { atTheEnd, startWorld, type World, type WorldOptions } from '#test/support/stack.ts';

export interface DialWatchData {
  port: number;
}

export interface WatchedWorld {
  world: World;
  /** When each request for a call came to Twilio's socket, in order; milliseconds of one clock. The simulator, busy with the calls before, reads some of them late. */
  dialedAt(): Promise<number[]>;
}

/** An installation whose workers' way to Twilio is watched by a thread of its own. */
export async function startWatchedWorld(options: Omit<WorldOptions, 'processes'>): Promise<WatchedWorld> {
  const world = await startWorld({ ...options, processes: ['web', 'clock'] });
  const workerData: DialWatchData = { port: Number(new URL(String(world.env['TWILIO_API_URL'])).port) };
  const thread = new Worker(new URL('../support/dial-watch-worker.ts', import.meta.url), { workerData });
  atTheEnd(() => thread.terminate());
  const [port] = (await once(thread, 'message')) as [number];
  await world.startAgain({ processes: ['worker'], env: { TWILIO_API_URL: `http://127.0.0.1:${port}` } });
  return {
    world,
    async dialedAt() {
      thread.postMessage('times');
      const [times] = (await once(thread, 'message')) as [number[]];
      return times;
    },
  };
}
