import type { DeliveryDoc } from '#src/db/models/deliveries.ts';
import type { Deliveries } from '#src/db/repositories/deliveries.ts';
import type { History } from '#src/db/repositories/history.ts';
import { notifyDriver, type NotifyDeps } from './notify-driver.ts';
import type { FirstPlan } from './plan-first-attempt.ts';

export interface CloseUncalledDeps extends NotifyDeps {
  deliveries: Pick<Deliveries, 'moveContact'>;
  history: Pick<History, 'record'>;
}

/**
 * Closes the contact of a delivery about which the customer may never be called. The driver is told first and the contact closed last:
 * a crash between leaves a pending delivery without an attempt, which reconcile finds and closes by doing all of this again.
 */
export async function closeUncalled(
  delivery: DeliveryDoc,
  { contact, event }: Pick<FirstPlan, 'contact' | 'event'>,
  about: { customerName: string; traceId: string },
  deps: CloseUncalledDeps,
): Promise<void> {
  const { state, reason = '' } = contact;
  const kind = state === 'opted_out' ? 'opted_out' : 'not_reached';
  await Promise.all([deps.history.record(event), notifyDriver(delivery, { kind, attemptNumber: 0, reason, ...about }, deps)]);
  await deps.deliveries.moveContact(delivery._id, { from: ['pending'], to: state, reason, nextAt: null, attempt: 0, event });
}
