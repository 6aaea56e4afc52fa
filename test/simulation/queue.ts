import { catalogue, type QueueName } from '#queues/catalogue.ts';
import type { QueueContract } from '#queues/define-queue.ts';
import type { JobPresence, Producer, Timing } from '#queues/producer.ts';
import type { QueueMarker } from '#src/platform/queue-marker.ts';
import type { Actor } from './actor.ts';
import type { World } from './world.ts';

export interface SimJob {
  readonly name: QueueName;
  readonly id: string;
  readonly payload: object;
  state: 'waiting' | 'active' | 'completed' | 'failed';
  /** Waiting: not before then. */
  dueAt: number;
  attemptsMade: number;
  attemptsStarted: number;
  stalls: number;
  /** Its next run does no work and fails. */
  failsAtOnce: boolean;
  /** The run that holds its lock. */
  run: number;
}

/** BullMQ and its Redis, in memory. */
export interface SimQueue {
  readonly jobs: Map<string, SimJob>;
  /** Tells whoever takes jobs that this one waits. */
  onWaiting: (job: SimJob) => void;
  add(name: QueueName, payload: object, timing?: Timing): void;
  addFailed(name: QueueName, payload: object): void;
  /** Back into the queue, to run in so many milliseconds. */
  requeue(job: SimJob, delayMs: number): void;
  /** FLUSHALL: jobs, marker and holds. */
  flush(): void;
  /** A single job is gone and nothing else: by an operator's hand. */
  lose(job: SimJob): void;
  wasLost(id: string): boolean;
  /** Whether a pass of reconcile has ended since. */
  isFilled(): boolean;
  /** No job of this queue is taken until then; Infinity: until an operator resumes it. */
  heldUntil: Map<QueueName, number>;
  producerOf(actor: Actor): Producer;
  markerOf(actor: Actor): QueueMarker;
}

class RedisAway extends Error {
  constructor() {
    super('Redis is away');
    this.name = 'MaxRetriesPerRequestError';
  }
}

export function createQueue(world: World): SimQueue {
  const { random, scheduler, weather } = world;
  let marker: string | null = null;
  let losses = 0;
  const lost = new Set<string>();
  const contractOf = (name: QueueName): QueueContract => catalogue[name];
  const keyOf = (name: QueueName, payload: object) => contractOf(name).key(payload as Record<string, unknown>);
  const isPending = ({ state }: SimJob) => state === 'waiting' || state === 'active';

  const queue: SimQueue = {
    jobs: new Map(),
    heldUntil: new Map(),
    onWaiting: () => undefined,
    add(name, payload, { delayMs = 0 } = {}) {
      const id = keyOf(name, payload);
      if (queue.jobs.has(id)) return;
      const job: SimJob = {
        name,
        id,
        payload,
        state: 'waiting',
        dueAt: 0,
        attemptsMade: 0,
        attemptsStarted: 0,
        stalls: 0,
        failsAtOnce: false,
        run: 0,
      };
      queue.jobs.set(id, job);
      queue.requeue(job, delayMs);
    },
    addFailed(name, payload) {
      if (queue.jobs.has(keyOf(name, payload))) return;
      queue.add(name, payload);
      (queue.jobs.get(keyOf(name, payload)) as SimJob).failsAtOnce = true;
    },
    requeue(job, delayMs) {
      job.state = 'waiting';
      job.run = 0;
      job.dueAt = scheduler.now() + delayMs + random.between(1, 20);
      queue.onWaiting(job);
    },
    flush() {
      queue.jobs.clear();
      queue.heldUntil.clear();
      marker = null;
    },
    lose({ id }) {
      queue.jobs.delete(id);
      lost.add(id);
    },
    wasLost: (id) => lost.has(id),
    isFilled: () => marker === 'complete',
    producerOf(actor) {
      const redis = <Result>(what: string, effect: () => Result) =>
        actor.trip(what, () => {
          if (world.away.redis > scheduler.now() || (weather.redis > 0 && random.chance(weather.redis))) throw new RedisAway();
          return effect();
        });
      return {
        enqueue: (name, payload, timing) => redis(`enqueue ${keyOf(name, payload)}`, () => queue.add(name, payload, timing)),
        async enqueueMany(name, items) {
          if (items.length === 0) return;
          await redis(`enqueue ${items.length} of ${name}`, () => {
            for (const { payload, ...timing } of items) queue.add(name, payload, timing);
          });
        },
        async enqueueFailed(name, items) {
          if (items.length === 0) return;
          await redis(`enqueue ${items.length} of ${name} as failed`, () => {
            for (const { payload } of items) queue.addFailed(name, payload);
          });
        },
        presence: (name, payload) =>
          redis(`presence of ${keyOf(name, payload)}`, (): JobPresence => {
            const job = queue.jobs.get(keyOf(name, payload));
            if (!job) return 'missing';
            return isPending(job) ? 'pending' : (job.state as JobPresence);
          }),
        forget: (name, payload) =>
          redis(`forget ${keyOf(name, payload)}`, () => {
            const id = keyOf(name, payload);
            if (queue.jobs.get(id)?.state !== 'active') queue.jobs.delete(id);
          }),
        queues: new Map(),
        close: async () => undefined,
      };
    },
    markerOf: (actor) => ({
      begin: () =>
        actor.trip('marker begins', () => {
          if (marker === null) marker = `rebuilding ${(losses += 1)}`;
          return marker === 'complete' ? null : marker;
        }),
      complete: (loss) => actor.trip('marker completes', () => void (marker = marker === loss ? 'complete' : marker)),
    }),
  };
  return queue;
}
