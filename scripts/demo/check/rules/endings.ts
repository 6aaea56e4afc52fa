import type { Rule, Violation } from '../evidence.ts';
import { expectedContact, expectedOutcome } from '../expected.ts';
import { attemptIdOf, stories, type Story } from '../look-up.ts';

const LIVE = ['submitting', 'unknown', 'submitted', 'in_progress'];

/** Each call's end, and what the person did in it, is what CallLog, attempt and delivery say. */
export const endingsAgree: Rule = (evidence) => {
  const statuses = new Map(evidence.callLogs.map(({ call_sid, status }) => [call_sid, status]));
  const refusing = new Set(evidence.optOuts);
  return stories(evidence).flatMap((story) => [
    ...callsOf(story, statuses),
    ...ledgerOf(story),
    ...contactOf(story, refusing.has(story.submitted.phone)),
  ]);
};

function callsOf({ submitted: { externalId: delivery }, attempts, calls }: Story, statuses: ReadonlyMap<string, string>): Violation[] {
  return calls.flatMap((call) => {
    const attempt = attempts.find(({ _id }) => _id.toHexString() === attemptIdOf(call));
    const status = statuses.get(call.callSid);
    const outcome = expectedOutcome(call);
    return [
      ...(status === call.status ? [] : [{ delivery, what: `its call ended as ${call.status}, but CallLog says ${status ?? 'nothing'}` }]),
      ...(attempt?.outcome === outcome
        ? []
        : [{ delivery, what: `the person's doing means ${outcome}, but the attempt says ${attempt?.outcome ?? 'nothing'}` }]),
    ];
  });
}

function ledgerOf({ submitted: { externalId: delivery }, delivery: row, attempts }: Story): Violation[] {
  const retries = Math.max(0, attempts.length - 1);
  // Where it was proved that no phone rang, or the last look before the dial forbade it, the customer has lost none of their calls.
  const tried = attempts.filter(({ outcome }) => outcome !== 'not_placed' && outcome !== 'not_permitted').length;
  return [
    ...attempts
      .filter(({ state }) => LIVE.includes(state))
      .map(({ number, state }) => ({ delivery, what: `attempt ${number} is stuck as ${state}` })),
    ...attempts
      .filter(({ follow_up }) => follow_up === 'due')
      .map(({ number }) => ({ delivery, what: `what follows attempt ${number} was never decided` })),
    ...(attempts.every(({ number }, index) => number === index + 1)
      ? []
      : [{ delivery, what: 'its attempts are not numbered 1, 2, 3, …' }]),
    ...(row.retry_count === retries ? [] : [{ delivery, what: `retry_count is ${row.retry_count}, but there were ${retries} retries` }]),
    ...(tried <= row.max_retries + 1 ? [] : [{ delivery, what: `was tried ${tried} times, beyond max_retries ${row.max_retries}` }]),
    ...(row.contact.reason !== 'retries_exhausted' || tried > row.max_retries
      ? []
      : [{ delivery, what: `was given up after ${tried} tries, though max_retries is ${row.max_retries}` }]),
  ];
}

function contactOf(story: Story, optedOut: boolean): Violation[] {
  const { submitted, delivery } = story;
  const allowed = expectedContact(story, optedOut);
  return allowed.includes(delivery.contact.state)
    ? []
    : [
        {
          delivery: submitted.externalId,
          what: `its contact is ${delivery.contact.state}, but what happened means ${allowed.join(' or ')}`,
        },
      ];
}
