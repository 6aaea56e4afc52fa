import { contactHours } from './local-windows.ts';
import { nextSlot } from './next-slot.ts';
import type { LaterReason, NeverReason } from './reasons.ts';
import { firstInsideAll, type LocalWindows } from './slot-search.ts';
import type { ContactSubject } from './subject.ts';

export type Verdict = { kind: 'now' } | { kind: 'later'; at: Date; reason: LaterReason } | { kind: 'never'; reason: NeverReason };

/** May the customer be called about this delivery now? `at` is the first moment at which the answer becomes 'now', if nothing else changes. */
export function mayContact(subject: ContactSubject, now: Date): Verdict {
  const slot = nextSlot(subject, now);
  if (slot.kind === 'never') return slot;
  if (slot.at.getTime() === now.getTime()) return { kind: 'now' };
  return { kind: 'later', at: slot.at, reason: laterReason(subject, now) };
}

function laterReason({ customer }: ContactSubject, now: Date): LaterReason {
  const { waking, onPreferredDays } = contactHours(customer.preferences);
  const isInside = (windows: LocalWindows[]) => firstInsideAll(windows, now.getTime(), now.getTime() + 1) !== null;
  if (!isInside(waking)) return 'quiet_hours';
  return isInside(onPreferredDays) ? 'preferred_times' : 'preferred_days';
}
