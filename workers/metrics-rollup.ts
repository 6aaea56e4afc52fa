import type { metricsRollup } from '#queues/metrics-rollup.ts';
import type { Producer } from '#queues/producer.ts';
import type { MetricPoint } from '#src/db/repositories/metric-points.ts';
import type { EndedAttempts, SystemMetrics } from '#src/db/repositories/metrics.ts';
import { MINUTE, SECOND, type Time } from '#src/platform/time.ts';
import { done, skip } from './outcome.ts';
import type { Processor } from './processor.ts';

export interface RollupDeps {
  systemMetrics: SystemMetrics;
  producer: Pick<Producer, 'queues'>;
  time: Time;
}

/** One window, in the clock's milliseconds. */
export const WINDOW_MS = 5 * MINUTE;
/** A window is counted when it has been over for this long, in real milliseconds: nearly all writes that were under way at its end are in. */
const SETTLING_MS = 5 * SECOND;
/** With each new window so many before it are counted anew: a write may reach MongoDB long after its moment (an election, a starved machine). */
const RECOUNTED_WINDOWS = 12;
/** After a long stop the windows that were missed are caught up, this many a job. */
const MOST_WINDOWS = 500;

/** Outcomes in which the customer heard us and answered. */
const REACHED = ['confirmed', 'instructed', 'reschedule_requested', 'opted_out'];

/**
 * Counts every window that is over and was not counted yet, and the last hour's again. Each call counts once, however often its window
 * is counted: points have deterministic ids, and a count replaces the one before. The mark moves only from where this run found it.
 */
export const rollUpMetrics: Processor<typeof metricsRollup, RollupDeps> = async (_payload, deps, { signal }) => {
  const settled = deps.time.now().getTime() - deps.time.span(SETTLING_MS);
  const newest = Math.floor(settled / WINDOW_MS) * WINDOW_MS;
  let mark = await deps.systemMetrics.counted.until();
  if (mark && mark.getTime() < newest) await recount(mark, deps);
  let counted = 0;
  for (let end = mark ? mark.getTime() + WINDOW_MS : newest; end <= newest && counted < MOST_WINDOWS && !signal.aborted; end += WINDOW_MS) {
    const until = new Date(end);
    await countWindow(until, deps);
    // States of the moment are known for the present window only: a window that was missed has none.
    if (end === newest) await deps.systemMetrics.points.keep(until, await presentPoints(deps));
    if (!(await deps.systemMetrics.counted.advance(mark, until))) return skip('another run counts');
    mark = until;
    counted += 1;
  }
  return counted === 0 ? skip('no window is over') : done();
};

async function recount(mark: Date, deps: RollupDeps): Promise<void> {
  for (let back = 0; back < RECOUNTED_WINDOWS; back += 1) await countWindow(new Date(mark.getTime() - back * WINDOW_MS), deps);
}

async function countWindow(until: Date, { systemMetrics }: RollupDeps): Promise<void> {
  const ended = await systemMetrics.endedAttempts(new Date(until.getTime() - WINDOW_MS), until);
  await systemMetrics.points.replace(until, COUNTED_TYPES, callPoints(ended));
}

/** What is counted of the calls of a window. */
const COUNTED_TYPES = ['calls', 'retries', 'call_success_rate', 'average_call_duration'] as const;
type CallPoint = MetricPoint & { type: (typeof COUNTED_TYPES)[number] };

function callPoints({ byOutcome, retries, averageDurationSeconds }: EndedAttempts): CallPoint[] {
  const total = byOutcome.reduce((sum, { count }) => sum + count, 0);
  const reached = byOutcome.filter(({ outcome }) => REACHED.includes(outcome)).reduce((sum, { count }) => sum + count, 0);
  const source = 'twilio';
  return [
    ...byOutcome.map(({ outcome, count }) => ({ type: 'calls' as const, value: count, unit: 'count', tags: { outcome }, source })),
    { type: 'retries' as const, value: retries, unit: 'count', source },
    // A window without calls has no rate.
    ...(total === 0 ? [] : [{ type: 'call_success_rate' as const, value: (100 * reached) / total, unit: 'percent', source }]),
    ...(averageDurationSeconds === null
      ? []
      : [{ type: 'average_call_duration' as const, value: averageDurationSeconds, unit: 's', source }]),
  ];
}

async function presentPoints({ systemMetrics, producer }: RollupDeps): Promise<MetricPoint[]> {
  const deliveries = await systemMetrics.deliveriesByStatus();
  const depths = await Promise.all(
    [...producer.queues].map(async ([queue, handle]) => ({
      queue,
      depth: await handle.getJobCountByTypes('wait', 'prioritized', 'delayed', 'active'),
    })),
  );
  return [
    ...deliveries.map(({ status, count }) => ({ type: 'deliveries', value: count, unit: 'count', tags: { status } })),
    ...depths.map(({ queue, depth }) => ({ type: 'queue_depth', value: depth, unit: 'count', tags: { queue }, source: 'redis' })),
  ];
}
