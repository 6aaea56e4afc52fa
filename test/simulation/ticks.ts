import { HOUR, SECOND } from '#src/platform/time.ts';
import type { SimQueue } from './queue.ts';
import type { World } from './world.ts';

/** At most so often, as the clock does it. */
const EVERY_MS = 20 * SECOND;
const TRACE_ID = 'c'.repeat(32);

/** The clock's ticks for reconcile. Rarer and rarer while nothing changes: hours in which nobody may be called pass in a few steps. */
export function startTicks(queue: SimQueue, { scheduler, random, store, away }: World): void {
  let changes = 0;
  let seen = -1;
  let interval = EVERY_MS;
  const touch = () => {
    changes += 1;
  };
  for (const table of [store.attempts, store.deliveries, store.webhookEvents, store.recordings, store.notifications]) table.watch(touch);
  let tick = 0;
  const run = () => {
    interval = changes === seen ? Math.min(interval * 4, 6 * HOUR) : EVERY_MS * random.between(1, 3);
    seen = changes;
    for (const job of queue.jobs.values()) if (job.name === 'reconcile' && job.state !== 'active') queue.jobs.delete(job.id);
    if (away.redis <= scheduler.now()) queue.add('reconcile', { tick: (tick += 1), traceId: TRACE_ID });
    scheduler.after(interval, 'the clock ticks', run, { daemon: true });
  };
  scheduler.after(interval, 'the clock ticks', run, { daemon: true });
}
