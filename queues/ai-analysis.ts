import { z } from 'zod';
import { defineQueue } from './define-queue.ts';
import { DocumentId, TraceId } from './ids.ts';

/** Transcript to sentiment, keywords, instructions, priority, entities and summary. Added by: transcription, reconcile. Next: notification. */
export const aiAnalysis = defineQueue({
  name: 'ai-analysis',
  payload: z.object({ recordingId: DocumentId, traceId: TraceId }),
  key: ({ recordingId }) => `ai-analysis-${recordingId}`,
  timeoutMs: 90_000,
  retry: { attempts: 6, backoffMs: 3000 },
});
