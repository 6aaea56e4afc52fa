import type { Producer } from '#queues/producer.ts';
import type { Logger } from '#src/platform/logger.ts';

export interface Background {
  /** Goes on after the answer. A failure is logged and no more: whatever is lost here, reconcile puts back. */
  run(work: Promise<void>): void;
  /** Resolves when all of it has ended. */
  idle(): Promise<void>;
}

export function createBackground(log: Logger): Background {
  const running = new Set<Promise<void>>();
  let warned = false;
  return {
    run(work) {
      const tracked = work
        .then(() => {
          warned = false;
        })
        .catch((error: unknown) => {
          // One line a fault, not one a request, while Redis is away.
          if (!warned) log.warn({ err: error }, 'not enqueued; reconcile will');
          warned = true;
        })
        .finally(() => running.delete(tracked));
      running.add(tracked);
    },
    idle: async () => {
      await Promise.all(running);
    },
  };
}

/** A producer for requests: whatever it is given is added after the answer, so that no answer waits for Redis. Resolves at once and never rejects. */
export function enqueueAfterwards(producer: Pick<Producer, 'enqueue'>, background: Pick<Background, 'run'>): Pick<Producer, 'enqueue'> {
  return {
    enqueue(name, payload, timing) {
      background.run(producer.enqueue(name, payload, timing));
      return Promise.resolve();
    },
  };
}
