import type { QueueName } from '#queues/catalogue.ts';
import type { Item, Producer } from '#queues/producer.ts';
import { createGroupCommit, type GroupCommit } from '#src/db/grouped/group-commit.ts';
import type { Logger } from '#src/platform/logger.ts';

export interface Background {
  /** Goes on after the answer. A failure is logged and no more. */
  run(work: Promise<void>): void;
  /** Resolves when all of it has ended. */
  idle(): Promise<void>;
}

export function createBackground(log: Logger): Background {
  const running = new Set<Promise<void>>();
  return {
    run(work) {
      const tracked = work
        .catch((error: unknown) => log.warn({ err: error }, 'failed after the answer'))
        .finally(() => running.delete(tracked));
      running.add(tracked);
    },
    idle: async () => {
      await Promise.all(running);
    },
  };
}

/** A producer for requests: whatever it is given is added after the answer, so that no answer waits for Redis; requests that meet share one round trip. Resolves at once and never rejects: what is lost here, reconcile puts back. */
export function enqueueAfterwards(
  producer: Pick<Producer, 'enqueueMany'>,
  background: Pick<Background, 'run'>,
  log: Logger,
): Pick<Producer, 'enqueue'> {
  let away = false;
  const told = async (added: Promise<void>): Promise<void> => {
    try {
      await added;
      away = false;
    } catch (error) {
      // One line a fault, not one a request, while Redis is away.
      if (!away) log.warn({ err: error }, 'not enqueued; reconcile will');
      away = true;
    }
  };
  const groups = new Map<QueueName, GroupCommit<Item<QueueName>, void>>();
  const groupOf = (name: QueueName) => {
    const known =
      groups.get(name) ??
      createGroupCommit(async (items: Item<QueueName>[]) => {
        await producer.enqueueMany(name, items);
        return items.map(() => ({ ok: true as const, value: undefined }));
      });
    groups.set(name, known);
    return known;
  };
  return {
    enqueue(name, payload, timing) {
      background.run(told(groupOf(name).submit({ payload, ...timing })));
      return Promise.resolve();
    },
  };
}
