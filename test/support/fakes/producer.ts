import { catalogue, type QueueName } from '#queues/catalogue.ts';
import type { QueueContract } from '#queues/define-queue.ts';
import type { JobPresence, Producer, Timing } from '#queues/producer.ts';

export interface FakeJob {
  name: QueueName;
  id: string;
  payload: Record<string, unknown>;
  priority: string;
  delayMs: number;
  presence: Exclude<JobPresence, 'missing'>;
  /** Of one that was added as failed. */
  failedReason?: string;
}

export interface FakeProducer extends Producer {
  /** What was added and not forgotten, in order. */
  readonly jobs: FakeJob[];
  /** Ids of one queue's jobs, or of all. */
  ids(name?: QueueName): string[];
  /** As if a worker had run these jobs to their end. */
  finish(how: 'completed' | 'failed', name?: QueueName): void;
  /** FLUSHALL. */
  flush(): void;
}

/** A producer that remembers. That it promises what the real one does, test/queues/producer.contract.test.ts says of both. */
export function fakeProducer(): FakeProducer {
  const jobs: FakeJob[] = [];
  const contractOf = (name: QueueName): QueueContract => catalogue[name];
  const idOf = (name: QueueName, payload: object) => contractOf(name).key(contractOf(name).payload.parse(payload));
  const known = (name: QueueName, payload: object) => jobs.find((job) => job.name === name && job.id === idOf(name, payload));
  const add = (name: QueueName, payload: object, { priority = 'normal', delayMs = 0 }: Timing = {}) => {
    if (known(name, payload)) return;
    jobs.push({ name, id: idOf(name, payload), payload: contractOf(name).payload.parse(payload), priority, delayMs, presence: 'pending' });
  };
  return {
    jobs,
    ids: (name) => jobs.filter((job) => name === undefined || job.name === name).map(({ id }) => id),
    finish(how, name) {
      for (const job of jobs) if (name === undefined || job.name === name) job.presence = how;
    },
    flush: () => void jobs.splice(0),
    enqueue: async (name, payload, timing) => add(name, payload, timing),
    enqueueMany: async (name, items) => {
      for (const { payload, ...timing } of items) add(name, payload, timing);
    },
    enqueueFailed: async (name, items) => {
      for (const { payload, reason } of items) {
        if (known(name, payload)) continue;
        add(name, payload, { priority: 'low' });
        Object.assign(known(name, payload) as FakeJob, { presence: 'failed', failedReason: reason } satisfies Partial<FakeJob>);
      }
    },
    presence: async (name, payload) => known(name, payload)?.presence ?? 'missing',
    forget: async (name, payload) => {
      const job = known(name, payload);
      if (job) jobs.splice(jobs.indexOf(job), 1);
    },
    queues: new Map(),
    close: async () => undefined,
  };
}
