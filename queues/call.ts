import { z } from 'zod';
import { defineQueue } from './define-queue.ts';
import { DocumentId, TraceId } from './ids.ts';

/** Dial one attempt. Added by: ingest, retry, reconcile. Next: Twilio's callbacks. */
export const call = defineQueue({
  name: 'call',
  payload: z.object({ attemptId: DocumentId, generation: z.number().int().positive(), traceId: TraceId }),
  key: ({ attemptId, generation }) => `call-${attemptId}-g${generation}`,
  timeoutMs: 20_000,
  retry: { attempts: 4, backoffMs: 5000 },
});
