import { z } from 'zod';
import { defineQueue } from './define-queue.ts';
import { TraceId } from './ids.ts';

/** Fold one time window into SystemMetric, once. Added by: the clock. `until` is the window's end in epoch milliseconds. */
export const metricsRollup = defineQueue({
  name: 'metrics-rollup',
  payload: z.object({ until: z.number().int().positive(), traceId: TraceId }),
  key: ({ until }) => `metrics-rollup-${until}`,
  timeoutMs: 60_000,
  retry: { attempts: 5, backoffMs: 2000 },
});
