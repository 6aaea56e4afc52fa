import type { Evidence, NotificationRow, PushSeen, Rule, Violation } from '../evidence.ts';
import { namer, stories } from '../look-up.ts';
import { askedFor } from './instructions.ts';

/** What a driver must have heard, once, when the phone's side of a delivery stands so. */
const NEWS: Readonly<Record<string, string>> = {
  confirmed: 'confirmed',
  instructed: 'instructions',
  reschedule_requested: 'reschedule',
  opted_out: 'opted_out',
  unreachable: 'not_reached',
  not_permitted: 'not_reached',
  cancelled: 'cancelled',
};
/** A push's body is cut at 300 characters, address included. */
const SURELY_IN_BODY = 100;

/** The pushes that were received are the notifications that were sent, each to the right driver with the right words; and each ending was told once. */
export const driversWereTold: Rule = (evidence) => {
  const received = evidence.pushes.filter(({ status }) => status === 201);
  return [...sentAndReceived(evidence, received), ...endingsTold(evidence, received)];
};

function sentAndReceived(evidence: Evidence, received: readonly PushSeen[]): Violation[] {
  const nameOf = namer(evidence);
  const drivers = new Map(evidence.submitted.map(({ deliveryId, agentId }) => [deliveryId, agentId]));
  const left = [...received];
  const violations: Violation[] = [];
  for (const row of evidence.notifications) {
    const delivery = nameOf(row.delivery_id.toHexString());
    if (row.state !== 'sent') {
      violations.push({ delivery, what: `the driver's news "${row.kind}" is ${row.state}` });
      continue;
    }
    const at = left.findIndex((push) => isThis(push, row));
    if (at === -1) violations.push({ delivery, what: `the driver's news "${row.kind}" was sent, but never arrived in these words` });
    else left.splice(at, 1);
  }
  for (const { deliveryId, kind } of left)
    violations.push({ delivery: nameOf(deliveryId), what: `the driver was told "${kind}" once too often` });
  for (const { deliveryId, label } of received) {
    if (label !== (drivers.get(deliveryId) ?? null))
      violations.push({ delivery: nameOf(deliveryId), what: 'its news went to another driver' });
  }
  return violations;
}

const isThis = (push: PushSeen, row: NotificationRow): boolean =>
  push.deliveryId === row.delivery_id.toHexString() && push.kind === row.kind && push.title === row.title && push.body === row.body;

function endingsTold(evidence: Evidence, received: readonly PushSeen[]): Violation[] {
  const pushesOf = Map.groupBy(received, ({ deliveryId }) => deliveryId);
  return stories(evidence).flatMap((story) => {
    const { submitted, delivery } = story;
    const kind = NEWS[delivery.contact.state];
    if (kind === undefined) return [];
    const told = (pushesOf.get(submitted.deliveryId) ?? []).filter((push) => push.kind === kind);
    if (told.length !== 1)
      return [{ delivery: submitted.externalId, what: `is ${delivery.contact.state}, and the driver was told so ${told.length} times` }];
    const asked = kind === 'instructions' ? (askedFor(story, evidence).at(-1) ?? '') : '';
    return told[0]?.body.includes(asked.slice(0, SURELY_IN_BODY))
      ? []
      : [{ delivery: submitted.externalId, what: 'the driver was told something else than the customer asked for' }];
  });
}
