import { neverReason } from './contact-rules/never-reason.ts';
import { nextSlot } from './contact-rules/next-slot.ts';
import type { NeverReason } from './contact-rules/reasons.ts';
import type { ContactSubject } from './contact-rules/subject.ts';
import type { Outcome } from './vocabulary.ts';

/** How long to leave the customer alone after each, in minutes, the first time. What is not listed here is not tried again. */
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
  /** Of the attempt that has ended: 1 is the first. */
  attemptNumber: number;
  /** Attempts after the first. */
  maxRetries: number;
  /** Its own `attemptNumber` and `max_retries` do not count here. */
  subject: ContactSubject;
  /** The outcome may be the carrier's fault of this day: tried again on the next, whatever it is. */
  nextDay?: boolean;
}

export type RetryPlan =
  | { kind: 'retry'; at: Date; reason: Outcome }
  /** With an outcome as its reason: one that is never tried again, such as `undialable`. */
  | { kind: 'give-up'; reason: NeverReason | Outcome };

/** Whether an attempt that ended so may be followed by another one. */
export const isRetried = (outcome: Outcome): outcome is RetriedOutcome => Object.hasOwn(BACKOFF_MINUTES, outcome);

/** What follows an attempt that has ended: another one, at the first allowed moment after the back-off, or giving up. */
export function planRetry({ outcome, attemptNumber, maxRetries, subject, nextDay = false }: EndedAttempt, now: Date): RetryPlan {
  const minutes = nextDay ? DAY_MINUTES : backOffMinutes(outcome, attemptNumber);
  if (minutes === null) return { kind: 'give-up', reason: outcome };
  const next = { ...subject, attemptNumber: attemptNumber + 1, delivery: { ...subject.delivery, max_retries: maxRetries } };
  const never = neverReason(next, now);
  if (never) return { kind: 'give-up', reason: never };
  const slot = nextSlot(next, new Date(now.getTime() + minutes * MINUTE));
  if (slot.kind === 'at') return { kind: 'retry', at: slot.at, reason: outcome };
  // The delivery's time is still to come, only the back-off reaches beyond it.
  return { kind: 'give-up', reason: slot.reason === 'delivery_time_passed' ? 'no_slot_before_delivery' : slot.reason };
}

/** null: it is not tried again. */
function backOffMinutes(outcome: Outcome, attemptNumber: number): number | null {
  if (!isRetried(outcome)) return null;
  return Math.min(BACKOFF_MINUTES[outcome] * GROWTH ** (attemptNumber - 1), LONGEST_MINUTES);
}
