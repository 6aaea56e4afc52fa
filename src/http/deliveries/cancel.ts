import type { Producer } from '#queues/producer.ts';
import type { DeliveryDoc } from '#src/db/models/deliveries.ts';
import type { Repositories } from '#src/db/repositories/repositories.ts';
import type { Background } from '#src/http/background.ts';
import { problem } from '#src/http/problems/http-problem.ts';
import { notifyDriver } from '#src/pipeline/notify-driver.ts';
import { trackingEvent } from '#src/pipeline/tracking-event.ts';
import type { Time } from '#src/platform/time.ts';
import type { Telephony } from '#src/providers/telephony.ts';

export interface CancelDeps extends Pick<Repositories, 'attempts' | 'customers' | 'deliveries' | 'history' | 'notifications'> {
  telephony: Pick<Telephony, 'cancel'>;
  producer: Pick<Producer, 'enqueue'>;
  time: Time;
  background: Pick<Background, 'run'>;
}

export interface Cancelled {
  delivery: DeliveryDoc;
  /** The customer may be on the phone at this moment; Twilio has been asked to end the call. */
  callInProgress: boolean;
}

const TWILIO_MS = 10_000;

/** Cancels the parcel: nobody is called any more. First the delivery says so, which every claim checks; then planned attempts are closed; a call that is under way is ended at Twilio. */
export async function cancelDelivery(delivery: DeliveryDoc, traceId: string, deps: CancelDeps): Promise<Cancelled> {
  const event = trackingEvent({ deliveryId: delivery._id, status: 'cancelled', notes: 'by upstream', at: deps.time.now() });
  const cancelled = await deps.deliveries.cancel(delivery._id, event);
  const current = await deps.deliveries.find(delivery._id);
  if (!current) throw problem({ status: 404, detail: 'There is no such delivery.' });
  // Cancelled before: all of the rest is done again, in case that request died half way. Doing it twice changes nothing.
  if (!cancelled && current.status !== 'cancelled') {
    throw problem({ status: 409, type: 'delivery-over', title: 'The delivery is over', detail: `Its status is ${current.status}.` });
  }

  const [callInProgress] = await Promise.all([stopCalls(delivery, deps), deps.history.record(event), tellDriver(current, traceId, deps)]);
  return { delivery: current, callInProgress };
}

/** Whether a call is under way. */
async function stopCalls(delivery: DeliveryDoc, deps: CancelDeps): Promise<boolean> {
  let callInProgress = false;
  for (const attempt of await deps.attempts.ofDelivery(delivery._id)) {
    await deps.attempts.finishPlanned(attempt._id, 'delivery_cancelled', 'delivery_cancelled');
    if (!(await deps.attempts.requestCancel(attempt._id))) continue;
    callInProgress = true;
    // Without a SID yet the worker that dials ends the call as soon as it learns it.
    const { call_sid } = (await deps.attempts.find(attempt._id.toHexString())) ?? {};
    if (call_sid !== undefined) deps.background.run(endCall(call_sid, deps));
  }
  return callInProgress;
}

async function endCall(callSid: string, { telephony }: CancelDeps): Promise<void> {
  const answer = await telephony.cancel(callSid, AbortSignal.timeout(TWILIO_MS));
  // For the log; the attempt says that it is to be cancelled, by which reconcile knows that it must ask again.
  if (answer === 'unknown') throw new Error(`Twilio did not confirm that call ${callSid} is ended`);
}

async function tellDriver(delivery: DeliveryDoc, traceId: string, deps: CancelDeps): Promise<void> {
  const customer = await deps.customers.find(delivery.customer_id);
  await notifyDriver(delivery, { kind: 'cancelled', attemptNumber: 0, traceId, customerName: customer?.name ?? '' }, deps);
}
