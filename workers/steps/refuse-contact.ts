import type { CallAttemptDoc } from '#src/db/models/callattempts.ts';
import type { AttemptProgress } from '#src/db/repositories/attempts/progress.ts';
import type { Deliveries } from '#src/db/repositories/deliveries.ts';
import type { History } from '#src/db/repositories/history.ts';
import type { NeverReason } from '#src/domain/contact-rules/reasons.ts';
import { allowedFrom } from '#src/domain/contact-moves.ts';
import type { ContactState, Outcome } from '#src/domain/vocabulary.ts';
import type { Subject } from '#src/pipeline/contact-subject.ts';
import { notifyDriver, type News, type NotifyDeps } from '#src/pipeline/notify-driver.ts';
import { trackingEvent } from '#src/pipeline/tracking-event.ts';
import type { Time } from '#src/platform/time.ts';

export interface RefuseDeps extends NotifyDeps {
  attempts: Pick<AttemptProgress, 'finishPlanned'>;
  deliveries: Pick<Deliveries, 'moveContact'>;
  history: Pick<History, 'record'>;
  time: Time;
}

/** The rules forbid this attempt for good. The delivery learns it first and the attempt is closed last, so that a crash between leaves work to find. */
export async function refuseContact(
  attempt: CallAttemptDoc,
  { delivery, customer }: Subject,
  reason: NeverReason,
  deps: RefuseDeps,
): Promise<void> {
  const { to, outcome, news } = refusal(reason, attempt);
  const event = trackingEvent({
    deliveryId: delivery._id,
    attemptId: attempt._id,
    status: 'call_not_permitted',
    notes: reason,
    at: deps.time.now(),
  });
  await deps.history.record(event);
  const open = delivery.contact.state === 'pending' || delivery.contact.state === 'contacting';
  const cameThisFar = delivery.contact.state === to && delivery.contact.attempt === attempt.number;
  if (open || cameThisFar) {
    const { number } = attempt;
    const move = { from: allowedFrom(to), to, reason, nextAt: null, attempt: number, event, retries: number - 1 };
    await deps.deliveries.moveContact(delivery._id, move);
    await notifyDriver(delivery, { ...news, traceId: attempt.trace_id, customerName: customer.name, reason }, deps);
  }
  await deps.attempts.finishPlanned(attempt._id, outcome, reason);
}

interface Refusal {
  to: ContactState;
  outcome: Outcome;
  news: Pick<News, 'kind' | 'attemptNumber'>;
}

function refusal(reason: NeverReason, { number }: CallAttemptDoc): Refusal {
  switch (reason) {
    case 'opted_out':
      return { to: 'opted_out', outcome: 'opted_out', news: { kind: 'opted_out', attemptNumber: number } };
    case 'delivery_cancelled':
      // Under the number that the cancelling itself gives its news: the driver hears of it once.
      return { to: 'cancelled', outcome: 'delivery_cancelled', news: { kind: 'cancelled', attemptNumber: 0 } };
    default:
      return {
        to: number > 1 ? 'unreachable' : 'not_permitted',
        outcome: 'not_permitted',
        news: { kind: 'not_reached', attemptNumber: number },
      };
  }
}
