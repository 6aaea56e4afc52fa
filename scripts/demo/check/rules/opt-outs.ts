import type { Evidence, Rule } from '../evidence.ts';
import { attemptIdOf, namer } from '../look-up.ts';

/** Who pressed 9, and nobody else, is on the list of those who are never called again; and none of them was. */
export const neverAgain: Rule = (evidence) => {
  const { optOuts, calls } = evidence;
  const nameOf = callNamer(evidence);
  const refusals = calls.filter(({ pressed }) => pressed.includes('9'));
  const refused = new Set(refusals.map(({ to }) => to));
  return [
    ...refusals
      .filter(({ to }) => !optOuts.includes(to))
      .map((call) => ({ delivery: nameOf(call), what: 'the customer opted out, but is not on the list' })),
    ...optOuts
      .filter((phone) => !refused.has(phone))
      .map((phone) => ({ delivery: `number …${phone.slice(-2)}`, what: 'is on the list of opt-outs, but never asked for it' })),
    ...refusals.flatMap((refusal) =>
      calls
        .filter(({ to, createdAt }) => to === refusal.to && createdAt > (refusal.endedAt ?? refusal.createdAt))
        .map((call) => ({ delivery: nameOf(call), what: 'the customer was called after opting out' })),
    ),
  ];
};

function callNamer(evidence: Evidence): (call: Evidence['calls'][number]) => string {
  const nameOf = namer(evidence);
  const deliveries = new Map(evidence.attempts.map(({ _id, delivery_id }) => [_id.toHexString(), delivery_id.toHexString()]));
  return (call) => nameOf(deliveries.get(attemptIdOf(call)) ?? '');
}
