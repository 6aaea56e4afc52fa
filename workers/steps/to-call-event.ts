import type { WebhookEventDoc } from '#src/db/models/webhookevents.ts';
import type { CallEvent } from '#src/domain/call-events/call-event.ts';

/** A filed event as the rules read it. Its data was validated for its kind before it was filed. */
export function toCallEvent({ dedupe_key, kind, call_sid, sequence, occurred_at, data }: WebhookEventDoc): CallEvent {
  return {
    id: dedupe_key,
    kind,
    callSid: call_sid,
    occurredAt: occurred_at,
    data,
    ...(sequence === undefined ? {} : { sequence }),
  } as CallEvent;
}
