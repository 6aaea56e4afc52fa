import type { CustomerDoc } from '#src/db/models/customers.ts';
import type { DeliveryDoc } from '#src/db/models/deliveries.ts';
import type { CallAttemptDoc } from '#src/db/models/callattempts.ts';
import type { Customers } from '#src/db/repositories/customers.ts';
import type { Deliveries } from '#src/db/repositories/deliveries.ts';
import type { OptOuts } from '#src/db/repositories/opt-outs.ts';
import type { ContactSubject } from '#src/domain/contact-rules/subject.ts';

export interface SubjectDeps {
  deliveries: Pick<Deliveries, 'find'>;
  customers: Pick<Customers, 'find'>;
  optOuts: Pick<OptOuts, 'has'>;
}

/** Which attempt of its delivery it is. */
export type AttemptCount = Pick<CallAttemptDoc, 'number' | 'not_placed_before'>;

export interface Subject {
  delivery: DeliveryDoc;
  customer: CustomerDoc;
  /** What the contact rules judge. */
  contact: ContactSubject;
}

/** Everything that decides whether this attempt's customer may be called, read afresh; null when delivery or customer are gone. */
export async function loadSubject(
  attempt: Pick<CallAttemptDoc, 'delivery_id' | 'customer_id' | 'to_number'> & AttemptCount,
  deps: SubjectDeps,
): Promise<Subject | null> {
  const [delivery, customer, optedOut] = await Promise.all([
    deps.deliveries.find(attempt.delivery_id),
    deps.customers.find(attempt.customer_id),
    deps.optOuts.has(attempt.to_number),
  ]);
  if (!delivery || !customer) return null;
  return { delivery, customer, contact: contactSubject(delivery, customer, optedOut, attempt) };
}

export function contactSubject(delivery: DeliveryDoc, customer: CustomerDoc, optedOut: boolean, attempt: AttemptCount): ContactSubject {
  return { customer, delivery, attemptNumber: attempt.number, notPlaced: attempt.not_placed_before ?? 0, optedOut };
}
