import type { CallAttemptDoc } from '#src/db/models/callattempts.ts';
import type { Customers } from '#src/db/repositories/customers.ts';
import type { Deliveries } from '#src/db/repositories/deliveries.ts';
import type { History } from '#src/db/repositories/history.ts';
import { notifyDriver, type NotifyDeps } from '#src/pipeline/notify-driver.ts';
import { trackingEvent } from '#src/pipeline/tracking-event.ts';
import type { Time } from '#src/platform/time.ts';

export interface InstructionsLostDeps extends NotifyDeps {
  customers: Pick<Customers, 'find'>;
  deliveries: Pick<Deliveries, 'find' | 'note'>;
  history: Pick<History, 'record'>;
  time: Time;
}

/** The customer left instructions that we could not read: the history says so, and the driver is told to ask. */
export async function instructionsLost(
  attempt: Pick<CallAttemptDoc, '_id' | 'delivery_id' | 'number' | 'trace_id'>,
  why: string,
  deps: InstructionsLostDeps,
): Promise<void> {
  const delivery = await deps.deliveries.find(attempt.delivery_id);
  if (!delivery) return;
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
    { kind: 'instructions', attemptNumber: attempt.number, traceId: attempt.trace_id, customerName: customer?.name ?? '', reason: why },
    deps,
  );
}
