import type { CallAttemptDoc } from '#src/db/models/callattempts.ts';
import type { DeliveryDoc } from '#src/db/models/deliveries.ts';
import type { Deliveries } from '#src/db/repositories/deliveries.ts';
import type { History } from '#src/db/repositories/history.ts';
import { allowedFrom } from '#src/domain/contact-moves.ts';
import type { Subject } from '#src/pipeline/contact-subject.ts';
import { notifyDriver, type News, type NotifyDeps } from '#src/pipeline/notify-driver.ts';
import { trackingEvent } from '#src/pipeline/tracking-event.ts';
import type { Time } from '#src/platform/time.ts';

export interface GiveUpDeps extends NotifyDeps {
  deliveries: Pick<Deliveries, 'moveContact'>;
  history: Pick<History, 'record'>;
  time: Time;
}

/** The customer was not reached and will not be tried again: the delivery says so and why, and the driver is told. A contact that is settled by now stays as it is. */
export async function giveUp(attempt: CallAttemptDoc, { delivery, customer }: Subject, reason: string, deps: GiveUpDeps): Promise<void> {
  const news = { attemptNumber: attempt.number, traceId: attempt.trace_id, customerName: customer.name };
  const refused = refusedWith(attempt, delivery);
  if (refused) return notifyDriver(delivery, { ...news, ...refused }, deps);
  // `unreachable` already: a run before this one came as far as that.
  if (delivery.contact.state !== 'unreachable' && !allowedFrom('unreachable').includes(delivery.contact.state)) return;
  const event = trackingEvent({
    deliveryId: delivery._id,
    attemptId: attempt._id,
    status: 'unreachable',
    notes: reason,
    at: deps.time.now(),
  });
  await deps.history.record(event);
  await deps.deliveries.moveContact(delivery._id, {
    from: allowedFrom('unreachable'),
    to: 'unreachable',
    reason,
    nextAt: null,
    attempt: attempt.number,
    event,
    retries: attempt.number - 1,
  });
  await notifyDriver(delivery, { ...news, kind: 'not_reached', reason }, deps);
}

/** What a run of this very attempt that refused it, beside one that claimed it, may have died before it told the driver. Told once: the news has one id. */
function refusedWith(attempt: CallAttemptDoc, { contact }: DeliveryDoc): Pick<News, 'kind' | 'reason'> | null {
  if (contact.attempt !== attempt.number) return null;
  const { reason } = contact;
  const why = reason === undefined ? {} : { reason };
  if (contact.state === 'not_permitted') return { kind: 'not_reached', ...why };
  return contact.state === 'opted_out' ? { kind: 'opted_out', ...why } : null;
}
