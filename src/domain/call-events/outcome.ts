import type { CallStatus, Outcome } from '../vocabulary.ts';
import { isMachine } from './answered-by.ts';
import { meaningOf } from './choice.ts';
import type { CallProjection } from './projection.ts';

const BY_STATUS: Partial<Record<CallStatus, Outcome>> = { busy: 'busy', 'no-answer': 'no_answer', failed: 'failed', canceled: 'canceled' };

type Ended = Pick<CallProjection, 'status' | 'endTime' | 'answeredBy' | 'choice'>;

/**
 * How a call that is over has ended. A key that was pressed says more than any detection: somebody pressed it. Without one, who
 * answered decides between a voicemail and a person who hung up; that report may come after the call's end, so it is waited for
 * `amdGraceMs` from there.
 */
export function projectOutcome(
  { status, endTime, answeredBy, choice }: Ended,
  now: Date,
  amdGraceMs: number,
): Pick<CallProjection, 'outcome' | 'settleAt'> {
  if (!endTime) return {};
  if (choice) return { outcome: meaningOf(choice) };
  const unanswered = BY_STATUS[status];
  if (unanswered) return { outcome: unanswered };
  if (answeredBy !== undefined) return { outcome: isMachine(answeredBy) ? 'voicemail' : 'hung_up' };
  const settleAt = new Date(endTime.getTime() + amdGraceMs);
  return now < settleAt ? { settleAt } : { outcome: 'hung_up' };
}
