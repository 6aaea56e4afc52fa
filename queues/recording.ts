import { z } from 'zod';
import { defineQueue } from './define-queue.ts';
import { DocumentId, TraceId } from './ids.ts';

/** Copy an attempt's recording from Twilio to S3, verify it, write Recording. Added by: call-event, reconcile. Next: transcription. */
export const recording = defineQueue({
  name: 'recording',
  payload: z.object({ attemptId: DocumentId, traceId: TraceId }),
  key: ({ attemptId }) => `recording-${attemptId}`,
  timeoutMs: 60_000,
  retry: { attempts: 8, backoffMs: 2000 },
});
