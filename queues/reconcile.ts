import { z } from 'zod';
import { defineQueue } from './define-queue.ts';
import { TraceId } from './ids.ts';

/** Put back what was lost: jobs missing from Redis, calls Twilio never reported on. Added by: the clock; `tick` numbers its ticks. */
export const reconcile = defineQueue({
  name: 'reconcile',
  payload: z.object({ tick: z.number().int().nonnegative(), traceId: TraceId }),
  key: ({ tick }) => `reconcile-${tick}`,
  timeoutMs: 120_000,
  // The next tick does the same work: repeating this one gains nothing.
  retry: { attempts: 1, backoffMs: 1000 },
  keep: { completedDays: 1, completedCount: 50, failedDays: 2 },
});
