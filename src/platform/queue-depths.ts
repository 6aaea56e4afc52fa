import { Gauge, type Registry } from 'prom-client';
import { SECOND } from './time.ts';
import { within } from './within.ts';

/** The part of a BullMQ queue that is asked: jobs by state. */
export interface CountsJobs {
  getJobCounts(): Promise<Record<string, number>>;
}

/**
 * `queue_jobs{queue,state}`, read when it is scraped. Without an answer within a second the gauge has no samples: an old number would
 * say that the queues are fine while Redis is away.
 */
export function watchQueueDepths(registry: Registry, queues: Iterable<readonly [string, CountsJobs]>): void {
  const watched = [...queues];
  new Gauge({
    name: 'queue_jobs',
    help: 'Jobs held by BullMQ, by state.',
    labelNames: ['queue', 'state'] as const,
    registers: [registry],
    async collect() {
      this.reset();
      const counted = await within(SECOND, Promise.all(watched.map(([, queue]) => queue.getJobCounts()))).catch(() => []);
      counted.forEach((counts, index) => {
        for (const [state, count] of Object.entries(counts)) this.set({ queue: watched[index]?.[0] ?? '', state }, count);
      });
    },
  });
}
