import type { CallAttemptDoc } from '#src/db/models/callattempts.ts';
import type { AttemptProgress } from '#src/db/repositories/attempts/progress.ts';
import type { AttemptStore } from '#src/db/repositories/attempts/store.ts';
import type { Deliveries } from '#src/db/repositories/deliveries.ts';
import type { History } from '#src/db/repositories/history.ts';
import type { OptOuts } from '#src/db/repositories/opt-outs.ts';
import type { CallProjection } from '#src/domain/call-events/projection.ts';
import { allowedFrom } from '#src/domain/contact-moves.ts';
import type { Subject } from '#src/pipeline/contact-subject.ts';
import { notifyDriver, type NotifyDeps } from '#src/pipeline/notify-driver.ts';
import { trackingEvent } from '#src/pipeline/tracking-event.ts';
import type { Time } from '#src/platform/time.ts';

export interface OptOutDeps extends NotifyDeps {
  attempts: Pick<AttemptStore, 'ofDelivery'> & Pick<AttemptProgress, 'finishPlanned'>;
  deliveries: Pick<Deliveries, 'moveContact' | 'openOfCustomer'>;
  history: Pick<History, 'record'>;
  optOuts: Pick<OptOuts, 'add'>;
  time: Time;
}

/** Said by key in the call, or to Twilio, which then refused it. */
export const wantsNoCalls = ({ choice, outcome }: Pick<CallProjection, 'choice' | 'outcome'>): boolean =>
  choice === '9' || outcome === 'opted_out';

/** "Never call again": a row for the number, which everybody who has claimed an attempt reads before dialing. To be written before the ledger says that the call is over and the phone free for another. */
export async function rememberOptOut(attempt: CallAttemptDoc, { optOuts, time }: Pick<OptOutDeps, 'optOuts' | 'time'>): Promise<void> {
  await optOuts.add({ _id: attempt.to_number, source: 'call', attempt_id: attempt._id, createdAt: time.now() });
}

/** Closes every other open delivery of a customer who opted out, and its planned attempts with it. */
export async function closeOtherDeliveries(attempt: CallAttemptDoc, { customer }: Subject, deps: OptOutDeps): Promise<void> {
  const now = deps.time.now();
  for (const delivery of await deps.deliveries.openOfCustomer(customer._id)) {
    if (delivery._id.equals(attempt.delivery_id)) continue;
    const event = trackingEvent({ deliveryId: delivery._id, status: 'opted_out', notes: 'the customer asked never to be called', at: now });
    await deps.history.record(event);
    const attempts = await deps.attempts.ofDelivery(delivery._id);
    const number = attempts.at(-1)?.number ?? 0;
    await notifyDriver(
      delivery,
      { kind: 'opted_out', attemptNumber: number, traceId: attempt.trace_id, customerName: customer.name },
      deps,
    );
    await deps.deliveries.moveContact(delivery._id, {
      from: allowedFrom('opted_out'),
      to: 'opted_out',
      reason: 'opted_out',
      nextAt: null,
      attempt: number,
      event,
    });
    // Last, for they are the work that is left to find: nobody may see to it that this run is made again, if another has closed its event.
    for (const planned of attempts) await deps.attempts.finishPlanned(planned._id, 'opted_out', 'opted_out');
  }
}
