import { Queue, type JobsOptions } from 'bullmq';
import type { Cluster, Redis } from 'ioredis';
import type { Priority } from '#src/domain/vocabulary.ts';
import { catalogue, queueNames, type Catalogue, type QueueName } from './catalogue.ts';
import type { Payload, QueueContract } from './define-queue.ts';
import { failedJobOptions, jobOptions, queuePrefix } from './job-options.ts';
import { toData } from './payload.ts';

export interface Timing {
  /** Default: normal. */
  priority?: Priority;
  /** Real milliseconds until the job may run; default: at once. */
  delayMs?: number;
}

export type Item<Name extends QueueName> = { payload: Payload<Catalogue[Name]> } & Timing;

export interface FailedItem<Name extends QueueName> {
  payload: Payload<Catalogue[Name]>;
  /** Shown to the operator: no personal data. */
  reason: string;
}

/** What BullMQ holds under a job's id; `missing` when it holds nothing. */
export type JobPresence = 'missing' | 'pending' | 'completed' | 'failed';

export interface Producer {
  /** Adds one job. A job that BullMQ still holds under the same id makes this a no-op. Rejects at once while Redis is away. */
  enqueue<Name extends QueueName>(name: Name, payload: Payload<Catalogue[Name]>, timing?: Timing): Promise<void>;
  /** The same for many, in chunks of which two are in flight. */
  enqueueMany<Name extends QueueName>(name: Name, items: Item<Name>[]): Promise<void>;
  /**
   * Puts jobs among the failed, in this order, where BullMQ holds none under their ids. BullMQ has no way to add a failed job: each one's
   * first run, after whatever else waits, does no work and fails with its reason. A retry is a run like any other.
   */
  enqueueFailed<Name extends QueueName>(name: Name, items: FailedItem<Name>[]): Promise<void>;
  /** What BullMQ holds of the job that this payload would be. */
  presence<Name extends QueueName>(name: Name, payload: Payload<Catalogue[Name]>): Promise<JobPresence>;
  /** Forgets a finished job, so that its id can be added again. */
  forget<Name extends QueueName>(name: Name, payload: Payload<Catalogue[Name]>): Promise<void>;
  /** BullMQ's own queues, for Bull Board and the metrics. */
  readonly queues: ReadonlyMap<QueueName, Queue>;
  close(): Promise<void>;
}

const CHUNK = 500;
const IN_FLIGHT = 2;

/** Opens every queue of the catalogue for adding, on one shared client (made by `createRedis(…, 'producer')`, which fails fast). */
export function createProducer(redis: Redis | Cluster, prefix: string): Producer {
  const queues = new Map(queueNames.map((name) => [name, openQueue(name, redis, prefix)]));
  const queueOf = (name: QueueName) => queues.get(name) as Queue;
  const contractOf = (name: QueueName): QueueContract => catalogue[name];
  const idOf = (name: QueueName, payload: object) => contractOf(name).key(contractOf(name).payload.parse(payload));

  const toJob = (name: QueueName, payload: object, optionsOf: (contract: QueueContract, id: string) => JobsOptions) => {
    const contract = contractOf(name);
    // Parsed here as well as by the worker: here it blames the caller.
    const parsed = contract.payload.parse(payload);
    return { name, data: toData(contract, parsed), opts: optionsOf(contract, contract.key(parsed)) };
  };
  const timed =
    ({ priority = 'normal', delayMs = 0 }: Timing) =>
    (contract: QueueContract, id: string) =>
      jobOptions(contract, id, priority, delayMs);

  const addChunks = async (name: QueueName, jobs: Parameters<Queue['addBulk']>[0]) => {
    const chunks = Array.from({ length: Math.ceil(jobs.length / CHUNK) }, (_, index) => jobs.slice(index * CHUNK, (index + 1) * CHUNK));
    const relay = async () => {
      for (let chunk = chunks.shift(); chunk; chunk = chunks.shift()) await queueOf(name).addBulk(chunk);
    };
    await Promise.all(Array.from({ length: IN_FLIGHT }, relay));
  };

  return {
    queues,
    async enqueue(name, payload, timing = {}) {
      const job = toJob(name, payload, timed(timing));
      await queueOf(name).add(job.name, job.data, job.opts);
    },
    async enqueueMany(name, items) {
      const jobs = items.map(({ payload, ...timing }) => toJob(name, payload, timed(timing)));
      await addChunks(name, jobs);
    },
    async enqueueFailed(name, items) {
      const jobs = items.map(({ payload, reason }) => toJob(name, payload, (contract, id) => failedJobOptions(contract, id, reason)));
      await addChunks(name, jobs);
    },
    async presence(name, payload) {
      const state = await queueOf(name).getJobState(idOf(name, payload));
      if (state === 'unknown') return 'missing';
      return state === 'completed' || state === 'failed' ? state : 'pending';
    },
    async forget(name, payload) {
      await queueOf(name).remove(idOf(name, payload));
    },
    async close() {
      await Promise.all([...queues.values()].map((queue) => queue.close()));
    },
  };
}

function openQueue(name: QueueName, connection: Redis | Cluster, prefix: string): Queue {
  const queue = new Queue(name, {
    connection,
    prefix: queuePrefix(prefix, name),
    // A request must not wait for Redis: it fails at once, and reconcile enqueues later what the database says is due.
    skipWaitingForReady: true,
    // The check would ask a Redis that is away at the start, and BullMQ keeps that failure for ever. Readiness checks the version.
    skipVersionCheck: true,
    streams: { events: { maxLen: 10_000 } },
  });
  // The shared client reports its own faults; without a listener Node would end the process.
  queue.on('error', () => undefined);
  return queue;
}
