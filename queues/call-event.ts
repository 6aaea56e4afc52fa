import { z } from 'zod';
import { defineQueue } from './define-queue.ts';
import { DocumentId, TraceId } from './ids.ts';

/** Apply one filed Twilio event to CallLog, attempt and delivery. Added by: webhooks, reconcile. Next: recording, retry, notification. */
export const callEvent = defineQueue({
  name: 'call-event',
  payload: z.object({ eventId: DocumentId, traceId: TraceId }),
  key: ({ eventId }) => `call-event-${eventId}`,
  timeoutMs: 15_000,
  retry: { attempts: 8, backoffMs: 1000 },
});
