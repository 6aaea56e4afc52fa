import type { DeliveryDoc } from '#src/db/models/deliveries.ts';
import type { AttemptStore } from '#src/db/repositories/attempts/store.ts';
import type { Customers } from '#src/db/repositories/customers.ts';
import type { OptOuts } from '#src/db/repositories/opt-outs.ts';
import type { WorkWalks } from '#src/db/repositories/work-walks.ts';
import type { NeverReason } from '#src/domain/contact-rules/reasons.ts';
import { closeUncalled, type CloseUncalledDeps } from '#src/pipeline/close-uncalled.ts';
import { planFirstAttempt } from '#src/pipeline/plan-first-attempt.ts';
import { trackingEvent } from '#src/pipeline/tracking-event.ts';
import { SECOND, type Time } from '#src/platform/time.ts';
import type { RunContext } from '../processor.ts';
import { eachByItself } from './each-by-itself.ts';

export interface PlanMissingDeps extends CloseUncalledDeps {
  attempts: Pick<AttemptStore, 'insert'>;
  customers: Pick<Customers, 'find'>;
  walks: Pick<WorkWalks, 'withoutAttempt'>;
  optOuts: Pick<OptOuts, 'has'>;
  time: Time;
}

/** Ingestion writes delivery and attempt side by side; this long after, in real milliseconds, a missing attempt is one that died between. */
const GRACE_MS = 10 * SECOND;
/** A pass ends after the page that reaches this; the next one goes on. */
const MOST = 1000;

export interface MissingAttempts {
  /** Deliveries that were given their first attempt, or closed. */
  planned: number;
  /** Deliveries whose customer was never written; they wait for the request's repetition until their time is over. */
  withoutCustomer: number;
}

/** Plans the first attempt of deliveries whose ingestion died half way; `restoreJobs` enqueues it. One that may not be called any more is closed. */
export async function planMissingAttempts(deps: PlanMissingDeps, { log }: Pick<RunContext, 'log'>): Promise<MissingAttempts> {
  const { walks, time } = deps;
  const now = time.now();
  const found: MissingAttempts = { planned: 0, withoutCustomer: 0 };
  for await (const page of walks.withoutAttempt(new Date(now.getTime() - time.span(GRACE_MS)))) {
    const plan = async (delivery: DeliveryDoc) => {
      found[(await planOne(delivery, now, deps)) ? 'planned' : 'withoutCustomer'] += 1;
    };
    await eachByItself(page, plan, log);
    if (found.planned >= MOST) break;
  }
  return found;
}

/** False when there is no customer to call, and may still be. */
async function planOne(delivery: DeliveryDoc, now: Date, deps: PlanMissingDeps): Promise<boolean> {
  const customer = await deps.customers.find(delivery.customer_id);
  const traceId = delivery.trace_id ?? '0'.repeat(32);
  if (!customer) return closeIfOver(delivery, traceId, now, deps);
  const plan = planFirstAttempt(delivery, customer, await deps.optOuts.has(customer.phone), traceId, now);
  if (plan.attempt) await Promise.all([deps.attempts.insert(plan.attempt), deps.history.record(plan.event)]);
  else await closeUncalled(delivery, plan, { customerName: customer.name, traceId }, deps);
  return true;
}

/** The request was never answered with success, and never repeated; still, every delivery that exists comes to an end. */
async function closeIfOver(delivery: DeliveryDoc, traceId: string, now: Date, deps: PlanMissingDeps): Promise<boolean> {
  if (delivery.scheduled_time > now) return false;
  const reason = 'delivery_time_passed' satisfies NeverReason;
  const event = trackingEvent({ deliveryId: delivery._id, status: 'call_not_permitted', notes: reason, at: now });
  const contact = { state: 'not_permitted', reason, attempt: 0 } as const;
  await closeUncalled(delivery, { contact, event }, { customerName: '', traceId }, deps);
  return true;
}
