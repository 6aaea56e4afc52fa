import type { CallStatus, Outcome } from '../vocabulary.ts';
import { isMachine } from './answered-by.ts';
import { meaningOf } from './choice.ts';
import type { FailureMeaning } from './failure.ts';
import type { CallProjection } from './projection.ts';

const BY_STATUS: Partial<Record<CallStatus, Outcome>> = { busy: 'busy', 'no-answer': 'no_answer', failed: 'failed', canceled: 'canceled' };

/** Twilio's own word where the detection could not tell. */
const NOT_TOLD = 'unknown';

type Ended = Pick<CallProjection, 'status' | 'endTime' | 'answeredBy' | 'choice'> & {
  detected: boolean;
  failure?: FailureMeaning | undefined;
};

/**
 * How a call that is over has ended. A key that was pressed says more than any detection: somebody pressed it. Without one, who
 * answered decides between a voicemail and a person who hung up; that report may come after the call's end, so it is waited for
 * `amdGraceMs` from there. What is decided without it is `presumed`, and must be made known before it is acted upon.
 */
export function projectOutcome(
  { status, endTime, answeredBy, choice, detected, failure }: Ended,
  now: Date,
  amdGraceMs: number,
): Pick<CallProjection, 'outcome' | 'settleAt' | 'presumed'> {
  if (!endTime) return {};
  if (choice) return { outcome: meaningOf(choice) };
  if (status === 'failed' && failure) return { outcome: failure };
  const unanswered = BY_STATUS[status];
  if (unanswered) return { outcome: unanswered };
  const settleAt = new Date(endTime.getTime() + amdGraceMs);
  if (!detected && now < settleAt) return { settleAt };
  const word = answeredBy ?? NOT_TOLD;
  return { outcome: isMachine(word) ? 'voicemail' : 'hung_up', ...(detected ? {} : { presumed: word }) };
}
