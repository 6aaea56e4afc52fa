import type { AcceptDeps } from '#src/http/deliveries/accept.ts';
import type { CancelDeps } from '#src/http/deliveries/cancel.ts';
import type { Producer } from '#queues/producer.ts';
import { createMetrics } from '#src/platform/metrics.ts';
import { memoryRepositories } from '#test/support/memory/repositories.ts';
import type { AnalysisDeps } from '#workers/ai-analysis.ts';
import type { CallEventDeps } from '#workers/call-event.ts';
import type { CallDeps } from '#workers/call.ts';
import type { NotificationDeps } from '#workers/notification.ts';
import type { RecordingDeps } from '#workers/recording.ts';
import type { ReconcileDeps } from '#workers/reconcile.ts';
import type { RetryDeps } from '#workers/retry.ts';
import type { TranscriptionDeps } from '#workers/transcription.ts';
import { createActor, type Actor } from './actor.ts';
import type { Outside } from './providers.ts';
import { createProviders } from './providers.ts';
import type { SimQueue } from './queue.ts';
import { createTelephony } from './telephony.ts';
import type { SimTwilio } from './twilio.ts';
import type { World } from './world.ts';

/** All that the simulated processors and routes can touch. */
export type SimDeps = AnalysisDeps &
  CallDeps &
  CallEventDeps &
  NotificationDeps &
  ReconcileDeps &
  RecordingDeps &
  RetryDeps &
  TranscriptionDeps &
  Omit<AcceptDeps, 'producer'> &
  Omit<CancelDeps, 'producer'>;

export interface Process {
  readonly actor: Actor;
  readonly deps: SimDeps;
}

/** What stands behind all processes. */
export interface Installation {
  world: World;
  queue: SimQueue;
  twilio: SimTwilio;
  outside: Outside;
  /** Breaks a rule in one process's dependencies, to see that it is found. */
  mutate(deps: SimDeps, actor: Actor): SimDeps;
}

/** One for all: what is counted is of no matter here, and to make a registry costs more than to run a simulation. */
const metrics = createMetrics();

export function startProcess(name: string, kind: 'web' | 'worker', { world, queue, twilio, outside, mutate }: Installation): Process {
  const actor = createActor(name, world);
  const producer = queue.producerOf(actor);
  const ignored = () => undefined;
  const deps: SimDeps = {
    ...memoryRepositories(world.store, actor.time, actor.database),
    ...createProviders(actor, outside, world),
    producer: kind === 'web' ? afterwards(producer) : producer,
    marker: queue.markerOf(actor),
    turns: { take: () => actor.trip('turn', () => turnOf(world)), depart: async () => ({ kind: 'taken' }) },
    telephony: createTelephony(actor, twilio, world),
    metrics,
    time: actor.time,
    publicUrl: 'https://delauto.example',
    fromNumber: '+12025550000',
    background: { run: (work) => void work.catch(ignored) },
  };
  return { actor, deps: mutate(deps, actor) };
}

/** As web processes add jobs: after the answer, and what is lost is put back by reconcile. */
const afterwards = (producer: Producer): Producer => ({
  ...producer,
  enqueue: async (...job) => {
    producer.enqueue(...job).catch(() => undefined);
  },
});

const turnOf = ({ random, weather }: World) =>
  random.chance(weather.provider / 4) ? { kind: 'too-long' as const, waitMs: 3000 } : { kind: 'taken' as const };
