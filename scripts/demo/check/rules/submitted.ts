import type { Rule } from '../evidence.ts';

/** Every delivery that was answered with 2xx is there, once, under the id that was answered; and there are no others. */
export const submittedOnce: Rule = ({ submitted, deliveries }) => {
  const byOrder = Map.groupBy(deliveries, ({ external_id }) => external_id ?? '');
  const asked = new Set(submitted.map(({ deliveryId }) => deliveryId));
  return [
    ...submitted.flatMap(({ externalId, deliveryId }) => {
      const found = byOrder.get(externalId) ?? [];
      if (found.length === 0) return [{ delivery: externalId, what: 'was accepted and is lost' }];
      if (found.length > 1) return [{ delivery: externalId, what: `is there ${found.length} times` }];
      return found[0]?._id.toHexString() === deliveryId
        ? []
        : [{ delivery: externalId, what: `is not the delivery ${deliveryId} that was answered` }];
    }),
    ...deliveries
      .filter(({ _id }) => !asked.has(_id.toHexString()))
      .map(({ _id, external_id }) => ({ delivery: external_id ?? _id.toHexString(), what: 'is there and nobody submitted it' })),
  ];
};
