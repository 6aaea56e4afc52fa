import type { CallProjection } from './call-events/projection.ts';
import { meaningOf, type Answer } from './call-events/choice.ts';
import { isFollowedUp } from './retry-plan.ts';
import { CONTACT_STATES, type ContactState, type NotificationKind } from './vocabulary.ts';

/**
 * The phone's side of a delivery: where each state may go. An answer of the customer gives way only to a stronger one of the same call
 * (call-events/choice.ts), and also replaces "not reached", for it may be reported late, and "not permitted", for one run may refuse
 * what another has dialed a moment before. Who opted out or was cancelled stays so.
 */
const MOVES: Record<ContactState, readonly ContactState[]> = {
  pending: [
    'pending',
    'contacting',
    'confirmed',
    'instructed',
    'reschedule_requested',
    'unreachable',
    'opted_out',
    'not_permitted',
    'cancelled',
  ],
  contacting: ['pending', 'confirmed', 'instructed', 'reschedule_requested', 'unreachable', 'opted_out', 'not_permitted', 'cancelled'],
  unreachable: ['confirmed', 'instructed', 'reschedule_requested', 'opted_out', 'cancelled'],
  not_permitted: ['confirmed', 'instructed', 'reschedule_requested', 'opted_out', 'cancelled'],
  confirmed: ['instructed', 'reschedule_requested', 'opted_out', 'cancelled'],
  instructed: ['reschedule_requested', 'opted_out', 'cancelled'],
  reschedule_requested: ['opted_out', 'cancelled'],
  opted_out: [],
  cancelled: [],
};

/** What the customer's answer tells the driver; the answer is the contact's state, too. Instructions are told once they have been read. */
const NEWS: Record<Answer, NotificationKind | null> = {
  confirmed: 'confirmed',
  instructed: null,
  reschedule_requested: 'reschedule',
  opted_out: 'opted_out',
};

export interface Contact {
  state: ContactState;
  reason?: string;
}

type Ended = Pick<CallProjection, 'choice' | 'outcome'>;

/** The states from which a guarded write may move a delivery's contact to `target`. */
export const allowedFrom = (target: ContactState): ContactState[] => CONTACT_STATES.filter((state) => MOVES[state].includes(target));

/** Where a call takes the delivery's contact; null where it stays as it is. An answer counts at once, the rest when the call is over. */
export function contactAfter(current: Contact, call: Ended): Contact | null {
  const next = contactBy(call);
  const same = next.state === current.state && next.reason === current.reason;
  return same || !MOVES[current.state].includes(next.state) ? null : next;
}

/** What the driver is told of a call; null: nothing, or nothing yet. `contact`: the delivery's, before or after it was moved. */
export function notificationFor({ choice, outcome }: Ended, contact: Contact): NotificationKind | null {
  if (contact.state === 'cancelled') return null;
  if (choice) return NEWS[meaningOf(choice)];
  if (outcome === 'opted_out') return NEWS[outcome];
  if (contact.state === 'opted_out' || outcome === undefined || isFollowedUp(outcome)) return null;
  return 'not_reached';
}

function contactBy({ choice, outcome }: Ended): Contact {
  if (choice) return { state: meaningOf(choice) };
  if (outcome === 'opted_out') return { state: outcome };
  if (outcome === undefined) return { state: 'contacting' };
  // `pending`: whether and when there is another attempt is for the retry plan to say.
  return { state: isFollowedUp(outcome) ? 'pending' : 'unreachable', reason: outcome };
}
