import { neverReason } from './contact-rules/never-reason.ts';
import { nextSlot } from './contact-rules/next-slot.ts';
import type { NeverReason } from './contact-rules/reasons.ts';
import type { ContactSubject } from './contact-rules/subject.ts';
import type { Outcome } from './vocabulary.ts';

/** How long to wait after each, in minutes, the first time. What is not listed here is not tried again. */
const BACKOFF_MINUTES = {
  not_placed: 5,
  busy: 10,
  failed: 15,
  no_answer: 60,
  voicemail: 120,
} as const satisfies Partial<Record<Outcome, number>>;

type RetriedOutcome = keyof typeof BACKOFF_MINUTES;

const GROWTH = 1.5;
const LONGEST_MINUTES = 24 * 60;
const MINUTE = 60_000;
const DAY_MINUTES = 24 * 60;

export interface EndedAttempt {
  outcome: Outcome;
  /** What the rules judge of the attempt that would follow. */
  next: ContactSubject;
  /** The outcome may be the carrier's fault of this day: tried again on the next, whatever it is. */
  nextDay?: boolean;
  /** What went wrong lasts so long at the least, in the clock's milliseconds. */
  atLeastMs?: number;
}

export type RetryPlan =
  | { kind: 'retry'; at: Date; reason: Outcome }
  /** With an outcome as its reason: one that is never tried again, such as `undialable`. */
  | { kind: 'give-up'; reason: NeverReason | Outcome };

/** Whether an attempt that ended so may be followed by another one. */
export const isRetried = (outcome: Outcome): outcome is RetriedOutcome => Object.hasOwn(BACKOFF_MINUTES, outcome);

/** Whether what follows an attempt that ended so is for this plan to say. Of one that cannot be dialed it may be a try on another day. */
export const isFollowedUp = (outcome: Outcome): boolean => isRetried(outcome) || outcome === 'undialable';

/** What follows an attempt that has ended: another one, at the first allowed moment after the back-off, or giving up. */
export function planRetry({ outcome, next, nextDay = false, atLeastMs = 0 }: EndedAttempt, now: Date): RetryPlan {
  const minutes = nextDay ? DAY_MINUTES : backOffMinutes(outcome, next);
  if (minutes === null) return { kind: 'give-up', reason: outcome };
  const never = neverReason(next, now);
  if (never) return { kind: 'give-up', reason: never };
  const slot = nextSlot(next, new Date(now.getTime() + Math.max(minutes * MINUTE, atLeastMs)));
  if (slot.kind === 'at') return { kind: 'retry', at: slot.at, reason: outcome };
  // The delivery's time is still to come, only the back-off reaches beyond it.
  return { kind: 'give-up', reason: slot.reason === 'delivery_time_passed' ? 'no_slot_before_delivery' : slot.reason };
}

/** null: it is not tried again. What rang and what did not are counted apart: a dial that failed silently asks for no patience of the customer. */
function backOffMinutes(outcome: Outcome, { attemptNumber, notPlaced }: ContactSubject): number | null {
  if (!isRetried(outcome)) return null;
  const times = outcome === 'not_placed' ? notPlaced : attemptNumber - 1 - notPlaced;
  return Math.min(BACKOFF_MINUTES[outcome] * GROWTH ** (times - 1), LONGEST_MINUTES);
}
