import type { AttemptStore } from '#src/db/repositories/attempts/store.ts';
import type { Customers } from '#src/db/repositories/customers.ts';
import type { Deliveries } from '#src/db/repositories/deliveries.ts';
import type { OptOuts } from '#src/db/repositories/opt-outs.ts';
import type { WorkLists } from '#src/db/repositories/work-lists.ts';
import { planFirstAttempt } from '#src/pipeline/plan-first-attempt.ts';
import { SECOND, type Time } from '#src/platform/time.ts';

export interface PlanMissingDeps {
  attempts: Pick<AttemptStore, 'insert'>;
  customers: Pick<Customers, 'find'>;
  deliveries: Pick<Deliveries, 'find'>;
  lists: Pick<WorkLists, 'withoutAttempt'>;
  optOuts: Pick<OptOuts, 'has'>;
  time: Time;
}

/** Ingestion writes delivery and attempt side by side; this long after, in real milliseconds, a missing attempt is one that died between. */
const GRACE_MS = 10 * SECOND;
const PAGE = 200;

/** Plans the first attempt of deliveries whose ingestion died half way; `restoreJobs` enqueues it. */
export async function planMissingAttempts({ lists, customers, optOuts, attempts, time }: PlanMissingDeps): Promise<number> {
  const now = time.now();
  const orphans = await lists.withoutAttempt(new Date(now.getTime() - time.span(GRACE_MS)), PAGE);
  for (const delivery of orphans) {
    const customer = await customers.find(delivery.customer_id);
    if (!customer) continue;
    const { attempt } = planFirstAttempt(delivery, customer, await optOuts.has(customer.phone), delivery.trace_id ?? '0'.repeat(32), now);
    if (attempt) await attempts.insert(attempt);
  }
  return orphans.length;
}
