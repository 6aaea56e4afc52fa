import { newAttempt } from '#src/db/documents/attempt.ts';
import type { CallAttemptDoc } from '#src/db/models/callattempts.ts';
import type { CustomerDoc } from '#src/db/models/customers.ts';
import type { DeliveryContact, DeliveryDoc } from '#src/db/models/deliveries.ts';
import type { TrackingEventDoc } from '#src/db/models/trackingevents.ts';
import { mayContact } from '#src/domain/contact-rules/may-contact.ts';
import { attemptIdOf } from './attempt-id.ts';
import { contactSubject } from './contact-subject.ts';
import { trackingEvent } from './tracking-event.ts';

export interface FirstPlan {
  contact: DeliveryContact;
  /** Null when the customer may never be called about this delivery. */
  attempt: CallAttemptDoc | null;
  event: TrackingEventDoc;
}

/** Plans a delivery's first attempt: now, at the next allowed time, or never. Pure; the attempt's id follows from the delivery's, so planning again plans the same. */
export function planFirstAttempt(delivery: DeliveryDoc, customer: CustomerDoc, optedOut: boolean, traceId: string, now: Date): FirstPlan {
  const verdict = mayContact(contactSubject(delivery, customer, optedOut, { number: 1 }), now);
  const happening = { deliveryId: delivery._id, at: now };
  if (verdict.kind === 'never') {
    return {
      contact: { state: verdict.reason === 'opted_out' ? 'opted_out' : 'not_permitted', reason: verdict.reason, attempt: 0 },
      attempt: null,
      event: trackingEvent({ ...happening, status: 'call_not_permitted', notes: verdict.reason }),
    };
  }
  const dueAt = verdict.kind === 'later' ? verdict.at : now;
  return {
    contact: { state: 'pending', next_at: dueAt, attempt: 0, ...(verdict.kind === 'later' ? { reason: verdict.reason } : {}) },
    attempt: newAttempt(
      {
        _id: attemptIdOf(delivery._id, 1),
        delivery_id: delivery._id,
        customer_id: customer._id,
        number: 1,
        to_number: customer.phone,
        due_at: dueAt,
        priority: delivery.priority,
        trace_id: traceId,
      },
      now,
    ),
    event:
      verdict.kind === 'later'
        ? trackingEvent({ ...happening, status: 'call_postponed', notes: `${verdict.reason} until ${dueAt.toISOString()}` })
        : trackingEvent({ ...happening, status: 'call_planned' }),
  };
}
