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
 * answered decides between a voicemail and a person who hung up. Both may be told after the call's end (who presses a key and hangs up
 * at once overtakes the request that tells of it), so they are waited for `graceMs` from there, unless it was a machine. What is decided
 * without the detection's word is `presumed`, and must be made known before it is acted upon.
 */
export function projectOutcome(
  { status, endTime, answeredBy, choice, detected, failure }: Ended,
  now: Date,
  graceMs: number,
): Pick<CallProjection, 'outcome' | 'settleAt' | 'presumed'> {
  if (!endTime) return {};
  if (choice) return { outcome: meaningOf(choice) };
  if (status === 'failed' && failure) return { outcome: failure };
  const unanswered = BY_STATUS[status];
  if (unanswered) return { outcome: unanswered };
  const word = answeredBy ?? NOT_TOLD;
  const machine = isMachine(word);
  const settleAt = new Date(endTime.getTime() + graceMs);
  if (now < settleAt && !(detected && machine)) return { settleAt };
  return { outcome: machine ? 'voicemail' : 'hung_up', ...(detected ? {} : { presumed: word }) };
}
