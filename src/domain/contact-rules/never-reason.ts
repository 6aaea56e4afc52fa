import type { ContactState, DeliveryStatus } from '../vocabulary.ts';
import type { NeverReason } from './reasons.ts';
import type { ContactSubject } from './subject.ts';

const OVER: Partial<Record<DeliveryStatus, NeverReason>> = {
  cancelled: 'delivery_cancelled',
  completed: 'delivery_completed',
  failed: 'delivery_failed',
};

const SETTLED: Partial<Record<ContactState, NeverReason>> = {
  confirmed: 'contact_settled',
  instructed: 'contact_settled',
  reschedule_requested: 'contact_settled',
  opted_out: 'opted_out',
  cancelled: 'delivery_cancelled',
};

/**
 * Attempts of a delivery that were proved not placed cost the customer none of their calls, so something else must end them: with the
 * back-off between them these are the dials of some six hours.
 */
const MOST_NOT_PLACED = 10;

const GIVEN_UP: readonly ContactState[] = ['unreachable', 'not_permitted'];

/**
 * What forbids the call for good, whatever the hour; null when nothing does. The most telling reason comes first: that it was given
 * up is said only where its cause is gone.
 */
export function neverReason({ customer, delivery, attemptNumber, notPlaced, optedOut }: ContactSubject, now: Date): NeverReason | null {
  const over = OVER[delivery.status];
  if (over) return over;
  if (optedOut) return 'opted_out';
  const settled = SETTLED[delivery.contact.state];
  if (settled) return settled;
  if (customer.preferences.contact_method === 'sms') return 'channel_not_enabled';
  if (attemptNumber - notPlaced > delivery.max_retries + 1) return 'retries_exhausted';
  if (notPlaced >= MOST_NOT_PLACED) return 'calls_not_placed';
  if (now >= delivery.scheduled_time) return 'delivery_time_passed';
  return GIVEN_UP.includes(delivery.contact.state) ? 'contact_settled' : null;
}
