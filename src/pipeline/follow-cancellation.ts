import type { ObjectId } from 'mongodb';
import type { DeliveryDoc } from '#src/db/models/deliveries.ts';
import type { TrackingEventDoc } from '#src/db/models/trackingevents.ts';
import type { AttemptProgress } from '#src/db/repositories/attempts/progress.ts';
import type { AttemptStore } from '#src/db/repositories/attempts/store.ts';
import type { Customers } from '#src/db/repositories/customers.ts';
import type { Deliveries } from '#src/db/repositories/deliveries.ts';
import type { History } from '#src/db/repositories/history.ts';
import { notifyDriver, type NotifyDeps } from './notify-driver.ts';
import { trackingEvent } from './tracking-event.ts';

export interface FollowCancellationDeps extends NotifyDeps {
  attempts: Pick<AttemptStore, 'ofDelivery'> & Pick<AttemptProgress, 'finishPlanned' | 'requestCancel'>;
  customers: Pick<Customers, 'find'>;
  deliveries: Pick<Deliveries, 'cancellationFollowed'>;
  history: Pick<History, 'record'>;
}

/** The entry that the cancelling of a delivery leaves in its history. */
export const cancellationEvent = ({ _id }: Pick<DeliveryDoc, '_id'>, at: Date): TrackingEventDoc =>
  trackingEvent({ deliveryId: _id, status: 'cancelled', notes: 'by upstream', at });

/**
 * All that a cancelled delivery calls for: its planned attempts are closed, its calls are marked to be ended, the driver is told. Doing it
 * twice changes nothing, and that it was done is written last: until then it stays in reconcile's work list. Resolves with the attempts
 * whose call is or may be under way.
 */
export async function followCancellation(delivery: DeliveryDoc, traceId: string, deps: FollowCancellationDeps): Promise<ObjectId[]> {
  const [calls] = await Promise.all([
    stopCalls(delivery, deps),
    deps.history.record(recorded(delivery, deps.time.now())),
    tellDriver(delivery, traceId, deps),
  ]);
  await deps.deliveries.cancellationFollowed(delivery._id);
  return calls;
}

async function stopCalls({ _id }: DeliveryDoc, { attempts }: FollowCancellationDeps): Promise<ObjectId[]> {
  const calls: ObjectId[] = [];
  for (const attempt of await attempts.ofDelivery(_id)) {
    await attempts.finishPlanned(attempt._id, 'delivery_cancelled', 'delivery_cancelled');
    if (await attempts.requestCancel(attempt._id)) calls.push(attempt._id);
  }
  return calls;
}

/** With the time that the delivery itself has written down, unless too much has happened since. */
function recorded(delivery: DeliveryDoc, now: Date): TrackingEventDoc {
  const event = cancellationEvent(delivery, now);
  const known = delivery.tracking_events.find(({ _id }) => _id.equals(event._id));
  return known ? { ...event, timestamp: known.timestamp } : event;
}

async function tellDriver(delivery: DeliveryDoc, traceId: string, deps: FollowCancellationDeps): Promise<void> {
  const customer = await deps.customers.find(delivery.customer_id);
  await notifyDriver(delivery, { kind: 'cancelled', attemptNumber: 0, traceId, customerName: customer?.name ?? '' }, deps);
}
