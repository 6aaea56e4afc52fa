import { z } from 'zod';
import { defineQueue } from './define-queue.ts';
import { DocumentId, TraceId } from './ids.ts';

/** Speech to text for one Recording. Added by: recording, reconcile. Next: ai-analysis. */
export const transcription = defineQueue({
  name: 'transcription',
  payload: z.object({ recordingId: DocumentId, traceId: TraceId }),
  key: ({ recordingId }) => `transcription-${recordingId}`,
  timeoutMs: 90_000,
  retry: { attempts: 6, backoffMs: 3000 },
});
