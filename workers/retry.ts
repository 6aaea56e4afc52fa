import type { retry } from '#queues/retry.ts';
import type { Producer } from '#queues/producer.ts';
import { newAttempt } from '#src/db/documents/attempt.ts';
import type { CallAttemptDoc } from '#src/db/models/callattempts.ts';
import type { AttemptProgress } from '#src/db/repositories/attempts/progress.ts';
import type { AttemptStore } from '#src/db/repositories/attempts/store.ts';
import type { Deliveries } from '#src/db/repositories/deliveries.ts';
import type { History } from '#src/db/repositories/history.ts';
import { allowedFrom } from '#src/domain/contact-moves.ts';
import { planRetry } from '#src/domain/retry-plan.ts';
import { attemptIdOf } from '#src/pipeline/attempt-id.ts';
import { loadSubject, type AttemptCount, type Subject, type SubjectDeps } from '#src/pipeline/contact-subject.ts';
import { trackingEvent } from '#src/pipeline/tracking-event.ts';
import type { Time } from '#src/platform/time.ts';
import { isWorthAnotherDay, waitAfter } from '#src/providers/twilio-errors.ts';
import { done, skip } from './outcome.ts';
import type { Processor } from './processor.ts';
import { giveUp, type GiveUpDeps } from './steps/give-up.ts';

export interface RetryDeps extends SubjectDeps, GiveUpDeps {
  attempts: AttemptStore & AttemptProgress;
  deliveries: Deliveries;
  history: History;
  producer: Producer;
  time: Time;
}

/** Decides what follows an attempt that did not reach the customer: another one at an allowed time, or giving up. */
export const planNextAttempt: Processor<typeof retry, RetryDeps> = async ({ attemptId }, deps) => {
  const attempt = await deps.attempts.find(attemptId);
  if (attempt?.follow_up !== 'due' || !attempt.outcome) return skip('nothing to follow up');
  const next = { ...attempt, ...countAfter(attempt) };
  const subject = await loadSubject(next, deps);
  if (!subject) {
    await deps.attempts.followedUp(attempt._id);
    return skip('delivery or customer no longer exist');
  }

  const plan = planRetry(
    {
      outcome: attempt.outcome,
      next: subject.contact,
      nextDay: await mayBeTheCarrier(attempt, deps),
      atLeastMs: waitAfter(attempt.error_code),
    },
    deps.time.now(),
  );
  // A run before this one may have planned it and died before it could say so. By now that one may have been called, and settled it all.
  const planned = plan.kind === 'retry' ? null : await deps.attempts.find(attemptIdOf(attempt.delivery_id, next.number).toHexString());
  if (plan.kind === 'retry') await tryAgain(attempt, subject, plan.at, deps);
  else if (planned) await tryAgain(attempt, subject, planned.due_at, deps);
  else await giveUp(attempt, subject, plan.reason, deps);
  // Last: until then the attempt stays in the work list.
  await deps.attempts.followedUp(attempt._id);
  return done();
};

/** Of the attempt that follows. One that was proved not placed rang nowhere: what comes in its place is not a try more. */
function countAfter({ number, not_placed_before: before = 0, outcome }: CallAttemptDoc): AttemptCount {
  const notPlaced = outcome === 'not_placed' ? before + 1 : before;
  return { number: number + 1, ...(notPlaced === 0 ? {} : { not_placed_before: notPlaced }) };
}

/** Twilio says the same of a number that does not exist and of one whose carrier is out: the first time it is doubted. */
async function mayBeTheCarrier({ delivery_id, error_code }: CallAttemptDoc, { attempts }: RetryDeps): Promise<boolean> {
  if (!isWorthAnotherDay(error_code)) return false;
  return (await attempts.ofDelivery(delivery_id)).filter((attempt) => attempt.error_code === error_code).length === 1;
}

async function tryAgain(attempt: CallAttemptDoc, { delivery }: Subject, at: Date, deps: RetryDeps): Promise<void> {
  const count = countAfter(attempt);
  const { number } = count;
  const id = attemptIdOf(delivery._id, number);
  await deps.attempts.insert(
    newAttempt(
      {
        _id: id,
        delivery_id: delivery._id,
        customer_id: attempt.customer_id,
        ...count,
        to_number: attempt.to_number,
        due_at: at,
        priority: delivery.priority,
        trace_id: attempt.trace_id,
      },
      deps.time.now(),
    ),
  );
  // A run before this one may have planned another time: what is stored counts.
  const next = (await deps.attempts.find(id.toHexString())) as CallAttemptDoc;
  const event = trackingEvent({
    deliveryId: delivery._id,
    attemptId: attempt._id,
    status: 'retry_planned',
    notes: `${attempt.outcome}: attempt ${number} at ${next.due_at.toISOString()}`,
    at: deps.time.now(),
  });
  await deps.history.record(event);
  await deps.deliveries.moveContact(delivery._id, {
    from: allowedFrom('pending'),
    to: 'pending',
    reason: attempt.outcome ?? null,
    nextAt: next.due_at,
    attempt: attempt.number,
    event,
    retries: number - 1,
  });
  if (next.state !== 'planned') return;
  await deps.producer.enqueue(
    'call',
    { attemptId: id.toHexString(), generation: next.generation, traceId: next.trace_id },
    { priority: delivery.priority, delayMs: deps.time.until(next.due_at) },
  );
}
