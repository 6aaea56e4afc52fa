import type { Producer } from '#queues/producer.ts';
import { HOUR, SECOND, type Time } from '#src/platform/time.ts';
import { newTraceId } from '#src/platform/tracing.ts';

/** One thing that is due again and again: agenda decides when, a BullMQ job does the work. */
export interface Tick {
  name: string;
  /** Cron with seconds. A pattern and not an interval: an interval starts anew with each deploy. */
  pattern: string;
  enqueue(producer: Producer, time: Time): Promise<void>;
}

const RECONCILE_MS = 20 * SECOND;
const ROLLUP_MS = 30 * SECOND;

export const reconcileTick: Tick = {
  name: 'reconcile',
  pattern: '*/20 * * * * *',
  enqueue: (producer, time) => producer.enqueue('reconcile', { tick: numberOf(RECONCILE_MS, time), traceId: newTraceId() }),
};

export const rollupTick: Tick = {
  name: 'metrics-rollup',
  pattern: '*/30 * * * * *',
  enqueue: (producer, time) =>
    producer.enqueue('metrics-rollup', { until: numberOf(ROLLUP_MS, time) * time.span(ROLLUP_MS), traceId: newTraceId() }),
};

/** Looks every minute whether an hour of the scaled clock has begun: the books are compared once in each. */
export const booksTick: Tick = {
  name: 'books',
  pattern: '45 * * * * *',
  enqueue: (producer, time) => producer.enqueue('books', { hour: Math.floor(time.now().getTime() / HOUR), traceId: newTraceId() }),
};

/** The same for all clock processes during one period, so that however many of them tick, it is one job. */
const numberOf = (periodMs: number, time: Time) => Math.floor(time.now().getTime() / time.span(periodMs));
