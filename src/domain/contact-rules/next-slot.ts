import { contactHours } from './local-windows.ts';
import { neverReason } from './never-reason.ts';
import type { NeverReason } from './reasons.ts';
import { firstInsideAll } from './slot-search.ts';
import type { ContactSubject } from './subject.ts';

export type Slot = { kind: 'at'; at: Date } | { kind: 'never'; reason: NeverReason };

/**
 * The first moment at or after `earliest` at which the customer may be called. Preferred days and times are wishes, quiet hours are
 * a rule: where no preferred hour is left before the delivery, any hour that is not quiet will do, since not to be asked at all serves
 * nobody.
 */
export function nextSlot(subject: ContactSubject, earliest: Date): Slot {
  const reason = neverReason(subject, earliest);
  if (reason) return { kind: 'never', reason };
  const { preferred, waking } = contactHours(subject.customer.preferences);
  const [from, until] = [earliest.getTime(), subject.delivery.scheduled_time.getTime()];
  const at = firstInsideAll(preferred, from, until) ?? firstInsideAll(waking, from, until);
  return at === null ? { kind: 'never', reason: 'no_slot_before_delivery' } : { kind: 'at', at: new Date(at) };
}
