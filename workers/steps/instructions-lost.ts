import type { CallAttemptDoc } from '#src/db/models/callattempts.ts';
import type { Customers } from '#src/db/repositories/customers.ts';
import type { Deliveries } from '#src/db/repositories/deliveries.ts';
import type { History } from '#src/db/repositories/history.ts';
import type { Notifications } from '#src/db/repositories/notifications.ts';
import { notificationId, notifyDriver, type NotifyDeps } from '#src/pipeline/notify-driver.ts';
import { trackingEvent } from '#src/pipeline/tracking-event.ts';
import type { Time } from '#src/platform/time.ts';

export interface InstructionsLostDeps extends NotifyDeps {
  customers: Pick<Customers, 'find'>;
  deliveries: Pick<Deliveries, 'find' | 'note'>;
  history: Pick<History, 'record'>;
  notifications: Pick<Notifications, 'find' | 'intend'>;
  time: Time;
}

/**
 * The customer left instructions that we could not read: the history says so, and the driver is told to ask. Should they be read after
 * all, the driver gets them as further news; a driver who has them is not told that they were lost.
 */
export async function instructionsLost(
  attempt: Pick<CallAttemptDoc, '_id' | 'delivery_id' | 'number' | 'trace_id'>,
  why: string,
  deps: InstructionsLostDeps,
): Promise<void> {
  const delivery = await deps.deliveries.find(attempt.delivery_id);
  if (!delivery) return;
  const news = { kind: 'instructions' as const, attemptNumber: attempt.number };
  if (await deps.notifications.find(notificationId(delivery, news).toHexString())) return;
  const event = trackingEvent({
    deliveryId: delivery._id,
    attemptId: attempt._id,
    status: 'instructions_lost',
    notes: why,
    at: deps.time.now(),
  });
  await deps.history.record(event);
  await deps.deliveries.note(delivery._id, event);
  const customer = await deps.customers.find(delivery.customer_id);
  await notifyDriver(
    delivery,
    { ...news, occasion: 'lost', traceId: attempt.trace_id, customerName: customer?.name ?? '', reason: why },
    deps,
  );
}
