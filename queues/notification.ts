import { z } from 'zod';
import { defineQueue } from './define-queue.ts';
import { DocumentId, TraceId } from './ids.ts';

/** Tell the driver, by web push, what one notification's row says. Added by: call-event, ai-analysis, retry, ingest, reconcile. Next: nothing. */
export const notification = defineQueue({
  name: 'notification',
  payload: z.object({ notificationId: DocumentId, traceId: TraceId }),
  key: ({ notificationId }) => `notification-${notificationId}`,
  timeoutMs: 20_000,
  retry: { attempts: 6, backoffMs: 2000 },
});
