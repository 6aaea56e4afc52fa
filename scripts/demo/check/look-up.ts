import type { AttemptRow, CallSeen, CustomerRow, DeliveryRow, Evidence, Submitted } from './evidence.ts';

/** The attempt that a call was made for, from the address that Twilio was given. */
export const attemptIdOf = ({ url }: CallSeen): string => /\/([0-9a-f]{24})(?:[?#]|$)/i.exec(url)?.[1] ?? '';

/** One delivery with what belongs to it: attempts in order, and its calls in the order in which they were placed. */
export interface Story {
  submitted: Submitted;
  delivery: DeliveryRow;
  customer: CustomerRow | undefined;
  attempts: AttemptRow[];
  calls: CallSeen[];
}

/** The stories of all deliveries that were accepted and are there. */
export function stories({ submitted, customers, deliveries, attempts, calls }: Evidence): Story[] {
  const byId = new Map(deliveries.map((delivery) => [delivery._id.toHexString(), delivery]));
  const people = new Map(customers.map((customer) => [customer._id.toHexString(), customer]));
  const attemptsOf = Map.groupBy(attempts, ({ delivery_id }) => delivery_id.toHexString());
  const callsOf = Map.groupBy(calls, attemptIdOf);
  return submitted.flatMap((each) => {
    const delivery = byId.get(each.deliveryId);
    if (!delivery) return [];
    const own = (attemptsOf.get(each.deliveryId) ?? []).toSorted((a, b) => a.number - b.number);
    return [
      {
        submitted: each,
        delivery,
        customer: people.get(delivery.customer_id.toHexString()),
        attempts: own,
        calls: own.flatMap(({ _id }) => callsOf.get(_id.toHexString()) ?? []),
      },
    ];
  });
}

/** Names a delivery in a violation: by its order number where it is known. */
export function namer({ submitted, deliveries }: Evidence): (deliveryId: string) => string {
  const names = new Map(deliveries.map(({ _id, external_id }) => [_id.toHexString(), external_id ?? _id.toHexString()]));
  for (const { deliveryId, externalId } of submitted) names.set(deliveryId, externalId);
  return (deliveryId) => names.get(deliveryId) ?? `delivery ${deliveryId}`;
}
