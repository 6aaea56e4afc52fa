import type { DeliveryDoc } from '#src/db/models/deliveries.ts';
import type { AttemptStore } from '#src/db/repositories/attempts/store.ts';
import type { Customers } from '#src/db/repositories/customers.ts';
import type { Deliveries } from '#src/db/repositories/deliveries.ts';
import type { History } from '#src/db/repositories/history.ts';
import type { OptOuts } from '#src/db/repositories/opt-outs.ts';
import type { WorkLists } from '#src/db/repositories/work-lists.ts';
import { notifyDriver, type NotifyDeps } from '#src/pipeline/notify-driver.ts';
import { planFirstAttempt, type FirstPlan } from '#src/pipeline/plan-first-attempt.ts';
import { SECOND, type Time } from '#src/platform/time.ts';

export interface PlanMissingDeps extends NotifyDeps {
  attempts: Pick<AttemptStore, 'insert'>;
  customers: Pick<Customers, 'find'>;
  deliveries: Pick<Deliveries, 'moveContact'>;
  history: Pick<History, 'record'>;
  lists: Pick<WorkLists, 'withoutAttempt'>;
  optOuts: Pick<OptOuts, 'has'>;
  time: Time;
}

/** Ingestion writes delivery and attempt side by side; this long after, in real milliseconds, a missing attempt is one that died between. */
const GRACE_MS = 10 * SECOND;
const PAGE = 200;

/** Plans the first attempt of deliveries whose ingestion died half way; `restoreJobs` enqueues it. One that may not be called any more is closed. */
export async function planMissingAttempts(deps: PlanMissingDeps): Promise<number> {
  const { lists, customers, optOuts, attempts, time } = deps;
  const now = time.now();
  const orphans = await lists.withoutAttempt(new Date(now.getTime() - time.span(GRACE_MS)), PAGE);
  for (const delivery of orphans) {
    const customer = await customers.find(delivery.customer_id);
    if (!customer) continue;
    const traceId = delivery.trace_id ?? '0'.repeat(32);
    const plan = planFirstAttempt(delivery, customer, await optOuts.has(customer.phone), traceId, now);
    if (plan.attempt) await attempts.insert(plan.attempt);
    else await closeUncalled(delivery, plan, { customerName: customer.name, traceId }, deps);
  }
  return orphans.length;
}

/** By now nobody may be called. The driver is told first and the contact closed last, so that a crash between leaves it to find. */
async function closeUncalled(
  delivery: DeliveryDoc,
  { contact, event }: FirstPlan,
  about: { customerName: string; traceId: string },
  deps: PlanMissingDeps,
): Promise<void> {
  const { state, reason = '' } = contact;
  await deps.history.record(event);
  await notifyDriver(delivery, { kind: state === 'opted_out' ? 'opted_out' : 'not_reached', attemptNumber: 0, reason, ...about }, deps);
  await deps.deliveries.moveContact(delivery._id, { from: ['pending'], to: state, reason, nextAt: null, attempt: 0, event });
}
