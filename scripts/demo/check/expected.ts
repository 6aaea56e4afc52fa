import type { CallSeen } from './evidence.ts';
import type { Story } from './look-up.ts';

/** What each key means, the weakest first. */
const KEYS: readonly (readonly [key: string, outcome: string])[] = [
  ['1', 'confirmed'],
  ['2', 'instructed'],
  ['3', 'reschedule_requested'],
  ['9', 'opted_out'],
];
const UNANSWERED: Readonly<Record<string, string>> = { busy: 'busy', 'no-answer': 'no_answer', failed: 'failed', canceled: 'canceled' };

/** How a call must be booked, from what the person at the other end did. */
export function expectedOutcome({ status, pressed, answeredBy }: CallSeen): string {
  const answer = KEYS.findLast(([key]) => pressed.includes(key));
  if (answer) return answer[1];
  const unanswered = UNANSWERED[status];
  if (unanswered !== undefined) return unanswered;
  return answeredBy?.startsWith('machine') || answeredBy === 'fax' ? 'voicemail' : 'hung_up';
}

/** In which states the phone's side of the delivery may be, from all that was done by upstream and by the person. */
export function expectedContact({ submitted, attempts, calls }: Story, optedOut: boolean): readonly string[] {
  if (submitted.cancelled) return ['cancelled'];
  const outcomes = calls.map(expectedOutcome);
  const answer = KEYS.findLast(([, outcome]) => outcomes.includes(outcome));
  if (answer) return [answer[1]];
  // Another delivery's call may have ended this one, too.
  if (optedOut) return ['opted_out', 'unreachable'];
  if (attempts.length === 0) return ['not_permitted'];
  if (attempts.some(({ state }) => state === 'planned')) return ['pending'];
  if (outcomes.length === 0) return attempts.at(-1)?.state === 'rejected' ? ['unreachable'] : ['not_permitted', 'unreachable'];
  return ['unreachable'];
}
