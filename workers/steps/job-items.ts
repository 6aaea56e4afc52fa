import type { Item } from '#queues/producer.ts';
import type { CallAttemptDoc } from '#src/db/models/callattempts.ts';
import type { NotificationDoc } from '#src/db/models/notifications.ts';
import type { RecordingDoc } from '#src/db/models/recordings.ts';
import type { WebhookEventDoc } from '#src/db/models/webhookevents.ts';
import type { Time } from '#src/platform/time.ts';

// The job that a document's work should have.

const NO_TRACE = '0'.repeat(32);

export const callItem = ({ _id, generation, trace_id = NO_TRACE, priority, due_at }: CallAttemptDoc, time: Time): Item<'call'> => ({
  payload: { attemptId: _id.toHexString(), generation, traceId: trace_id },
  priority,
  delayMs: time.until(due_at),
});

/** Of `retry` or of `recording`. */
export const attemptItem = ({ _id, trace_id = NO_TRACE, priority }: CallAttemptDoc): Item<'retry'> => ({
  payload: { attemptId: _id.toHexString(), traceId: trace_id },
  priority,
});

export const eventItem = ({ _id, trace_id = NO_TRACE }: WebhookEventDoc): Item<'call-event'> => ({
  payload: { eventId: _id.toHexString(), traceId: trace_id },
});

/** Of `transcription`, or of `ai-analysis` once it is transcribed. */
export const recordingItem = ({ _id, trace_id = NO_TRACE }: RecordingDoc): Item<'transcription'> => ({
  payload: { recordingId: _id.toHexString(), traceId: trace_id },
});

export const isTranscribed = ({ transcription }: RecordingDoc): boolean => transcription.text !== undefined;

export const notificationItem = ({ _id, trace_id = NO_TRACE }: NotificationDoc): Item<'notification'> => ({
  payload: { notificationId: _id.toHexString(), traceId: trace_id },
});
