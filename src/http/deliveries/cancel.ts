import type { ObjectId } from 'mongodb';
import type { Producer } from '#queues/producer.ts';
import type { DeliveryDoc } from '#src/db/models/deliveries.ts';
import type { Repositories } from '#src/db/repositories/repositories.ts';
import type { Background } from '#src/http/background.ts';
import { problem } from '#src/http/problems/http-problem.ts';
import { cancellationEvent, followCancellation } from '#src/pipeline/follow-cancellation.ts';
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

/**
 * Cancels the parcel: nobody is called any more. First the delivery says so, which every claim checks; then planned attempts are closed; a call
 * that is under way is ended at Twilio. From its first write on, reconcile sees the rest through should this process die.
 */
export async function cancelDelivery(delivery: DeliveryDoc, traceId: string, deps: CancelDeps): Promise<Cancelled> {
  const cancelled = await deps.deliveries.cancel(delivery._id, cancellationEvent(delivery, deps.time.now()));
  const current = await deps.deliveries.find(delivery._id);
  if (!current) throw problem({ status: 404, detail: 'There is no such delivery.' });
  // Cancelled before: all of the rest is done again, in case that request died half way.
  if (!cancelled && current.status !== 'cancelled') {
    throw problem({ status: 409, type: 'delivery-over', title: 'The delivery is over', detail: `Its status is ${current.status}.` });
  }

  const calls = await followCancellation(current, traceId, deps);
  await Promise.all(calls.map((attemptId) => endCall(attemptId, deps)));
  return { delivery: current, callInProgress: calls.length > 0 };
}

/** Without a SID yet the worker that dials ends the call as soon as it learns it. */
async function endCall(attemptId: ObjectId, deps: CancelDeps): Promise<void> {
  const { call_sid } = (await deps.attempts.find(attemptId.toHexString())) ?? {};
  if (call_sid !== undefined) deps.background.run(askToEnd(call_sid, deps));
}

async function askToEnd(callSid: string, { telephony }: CancelDeps): Promise<void> {
  const answer = await telephony.cancel(callSid, AbortSignal.timeout(TWILIO_MS));
  // For the log; the attempt says that it is to be cancelled, by which reconcile knows that it must ask again.
  if (answer === 'unknown') throw new Error(`Twilio did not confirm that call ${callSid} is ended`);
}
