import type { CallAttemptDoc } from '#src/db/models/callattempts.ts';
import type { DeliveryDoc } from '#src/db/models/deliveries.ts';
import type { ContactState, NotificationKind } from '#src/domain/vocabulary.ts';
import type { Clients } from './clients.ts';
import { isOver, type SimCall, type SimTwilio } from './twilio.ts';
import type { World } from './world.ts';

/** What a key may have led to: its meaning, a stronger answer, or an end that overrules it. */
const AFTER_KEY: Record<string, readonly ContactState[]> = {
  '1': ['confirmed', 'instructed', 'reschedule_requested', 'opted_out', 'cancelled'],
  '2': ['instructed', 'reschedule_requested', 'opted_out', 'cancelled'],
  '3': ['reschedule_requested', 'opted_out', 'cancelled'],
  '9': ['opted_out', 'cancelled'],
};

/** What the driver must have been told of a delivery that ended so. */
const NEWS: Partial<Record<ContactState, NotificationKind>> = {
  confirmed: 'confirmed',
  instructed: 'instructions',
  reschedule_requested: 'reschedule',
  opted_out: 'opted_out',
  unreachable: 'not_reached',
  not_permitted: 'not_reached',
  cancelled: 'cancelled',
};

/** When all is over: what was accepted, what was called and what was said against what is stored. In words; empty when the books agree. */
export function faultsInTheBooks(world: World, twilio: SimTwilio, clients: Clients): string[] {
  const { store } = world;
  const attempts = store.attempts.filter(() => true);
  const bySid = new Map(attempts.flatMap((attempt) => (attempt.call_sid === undefined ? [] : [[attempt.call_sid, attempt] as const])));
  const deliveries = store.deliveries.filter(() => true);
  const byId = new Map(deliveries.map((delivery) => [delivery._id.toHexString(), delivery]));
  return [
    ...[...clients.accepted].filter((id) => !byId.has(id)).map((id) => `delivery ${id} was accepted and is gone`),
    ...deliveries
      .map(({ _id }) => _id.toHexString())
      .filter((id) => !clients.accepted.has(id))
      .map((id) => `delivery ${id} is not known to anybody`),
    ...[...clients.cancelled].filter((id) => byId.get(id)?.status !== 'cancelled').map((id) => `delivery ${id} was cancelled and is not`),
    ...[...twilio.calls.values()].flatMap((call) => faultsOfCall(call, bySid.get(call.sid), world)),
    ...[...bySid.keys()].filter((sid) => !twilio.calls.has(sid)).map((sid) => `call ${sid} was never placed`),
    ...deliveries.flatMap((delivery) => faultsOfNews(delivery, world)),
    ...deliveries.flatMap((delivery) => faultsOfTries(delivery, world)),
  ];
}

function faultsOfCall(call: SimCall, attempt: CallAttemptDoc | undefined, { store }: World): string[] {
  if (!attempt) return [`call ${call.sid} is in no attempt`];
  const log = store.callLogs.by('call_sid', call.sid);
  const delivery = store.deliveries.get(attempt.delivery_id);
  const ended = call.noted.filter((key) => delivery && !(AFTER_KEY[key] ?? []).includes(delivery.contact.state));
  return [
    ...(isOver(call) ? [] : [`call ${call.sid} goes on`]),
    ...(log ? [] : [`call ${call.sid} has no log`]),
    ...(log && log.outcome !== attempt.outcome
      ? [`call ${call.sid} ended as ${String(log.outcome)}, its attempt as ${String(attempt.outcome)}`]
      : []),
    ...ended.map((key) => `key ${key} was noted in call ${call.sid}, and the delivery is ${String(delivery?.contact.state)}`),
    ...(call.noted.includes('9') && !store.optOuts.get(call.to) ? [`${call.to} asked never to be called, and nobody wrote it down`] : []),
  ];
}

function faultsOfNews({ _id, status, contact, agent_id }: DeliveryDoc, { store }: World): string[] {
  // Who is told not to go there need not hear that there will be no calls.
  const kind = status === 'cancelled' ? 'cancelled' : NEWS[contact.state];
  if (!agent_id || kind === undefined) return [];
  const told = store.notifications.filter((row) => row.delivery_id.equals(_id) && row.kind === kind);
  return told.length > 0 ? [] : [`delivery ${_id.toHexString()} is ${contact.state}, and the driver was not told: ${kind}`];
}

/** What was proved not placed rang nowhere, nor did what the rules forbade at the last moment: neither costs the customer one of their calls. */
function faultsOfTries({ _id, contact, max_retries }: DeliveryDoc, { store }: World): string[] {
  const own = store.attempts.filter(({ delivery_id }) => delivery_id.equals(_id));
  const tried = own.filter(({ outcome }) => outcome !== 'not_placed' && outcome !== 'not_permitted').length;
  const of = `delivery ${_id.toHexString()}, max_retries ${max_retries}, was`;
  if (tried > max_retries + 1) return [`${of} tried ${tried} times`];
  return contact.reason === 'retries_exhausted' && tried <= max_retries ? [`${of} given up after ${tried} tries`] : [];
}
