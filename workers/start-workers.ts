import { catalogue, queueNames, type QueueName } from '#queues/catalogue.ts';
import type { Producer } from '#queues/producer.ts';
import { queueHold } from './queue-hold.ts';
import type { Processors, WorkerDeps } from './registry.ts';
import { startWorker, type Work, type WorkerSetup } from './start-worker.ts';
import { createCell } from './suspects.ts';

/** Starts the workers of the named queues, or of all. Throws when a name is not in the catalogue. */
export function startWorkers(
  names: string[] | undefined,
  processors: Processors,
  deps: WorkerDeps,
  setup: Omit<WorkerSetup, 'hold' | 'cell'> & { producer: Producer },
): ReturnType<typeof startWorker>[] {
  const cell = createCell();
  return (names ?? queueNames).map((name) => {
    const queue = isQueue(name) ? setup.producer.queues.get(name) : undefined;
    if (!isQueue(name) || !queue) throw new Error(`WORKER_QUEUES: there is no queue ${name}; there are ${queueNames.join(', ')}`);
    const processor = processors[name] as (payload: unknown, deps: WorkerDeps, context: Parameters<Work>[1]) => ReturnType<Work>;
    return startWorker(catalogue[name], (payload, context) => processor(payload, deps, context), {
      ...setup,
      cell,
      hold: queueHold(queue, setup.redis),
    });
  });
}

const isQueue = (name: string): name is QueueName => name in catalogue;
