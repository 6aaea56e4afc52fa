import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises';
import { loadSettings } from '#src/config/settings.ts';
import { done, type Outcome } from '#workers/outcome.ts';
import { processors } from '#workers/registry.ts';
import { runWorker } from '#workers/run-worker.ts';

/** The first digits of a job's id say what its work does to the process; anything else is work of 20 ms. */
const poisons: Record<string, () => Promise<Outcome>> = {
  dead: async () => {
    await delay(10); // its neighbours have begun
    process.kill(process.pid, 'SIGKILL');
    return new Promise(() => undefined);
  },
  b10c: async () => {
    const end = performance.now() + 60_000;
    while (performance.now() < end);
    return done();
  },
  feed: async () => {
    for (const fed: unknown[] = []; ; fed.push(Array.from({ length: 100_000 }, () => ({})))) await turn();
  },
};

const poisonous = async (id: string): Promise<Outcome> => {
  const poison = poisons[id.slice(0, 4)];
  if (poison) return poison();
  await delay(20);
  return done();
};

/** A worker as the product composes it, but for the work of two queues. */
await runWorker(loadSettings(process.env), {
  processors: {
    ...processors,
    notification: ({ notificationId }) => poisonous(notificationId),
    'call-event': ({ eventId }) => poisonous(eventId),
  },
});
