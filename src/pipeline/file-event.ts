import type { ObjectId } from 'mongodb';
import type { Producer } from '#queues/producer.ts';
import { deterministicId } from '#src/db/deterministic-id.ts';
import { newWebhookEvent } from '#src/db/documents/webhook-event.ts';
import type { Inserted } from '#src/db/grouped/insert.ts';
import type { Inbox } from '#src/db/repositories/inbox.ts';
import type { CallEvent } from '#src/domain/call-events/call-event.ts';

export interface FileEventDeps {
  inbox: Pick<Inbox, 'file'>;
}

export interface FiledEvent {
  eventId: string;
  filed: Inserted;
}

/** Files one event about an attempt's call, once: the same event always gets the same id. Resolves when it is durable. */
export async function fileEvent(
  event: CallEvent,
  attemptId: ObjectId,
  traceId: string,
  receivedAt: Date,
  { inbox }: FileEventDeps,
): Promise<FiledEvent> {
  const _id = deterministicId('event', event.id);
  const filed = await inbox.file(
    newWebhookEvent({
      _id,
      dedupe_key: event.id,
      kind: event.kind,
      attempt_id: attemptId,
      call_sid: event.callSid,
      occurred_at: event.occurredAt,
      received_at: receivedAt,
      data: { ...event.data },
      trace_id: traceId,
      ...(event.sequence === undefined ? {} : { sequence: event.sequence }),
    }),
  );
  return { eventId: _id.toHexString(), filed };
}

/** Enqueues a filed event. A duplicate is enqueued too: its first job may be lost. */
export const enqueueEvent = (eventId: string, traceId: string, producer: Pick<Producer, 'enqueue'>): Promise<void> =>
  producer.enqueue('call-event', { eventId, traceId });
