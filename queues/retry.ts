import { z } from 'zod';
import { defineQueue } from './define-queue.ts';
import { DocumentId, TraceId } from './ids.ts';

/** Decide when to try the customer again after this attempt, or give up. Added by: call, call-event, reconcile. Next: call, delayed, or notification. */
export const retry = defineQueue({
  name: 'retry',
  payload: z.object({ attemptId: DocumentId, traceId: TraceId }),
  key: ({ attemptId }) => `retry-${attemptId}`,
  timeoutMs: 15_000,
  retry: { attempts: 8, backoffMs: 1000 },
});
