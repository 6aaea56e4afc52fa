import type { Producer } from '#queues/producer.ts';
import type { CallAttemptDoc } from '#src/db/models/callattempts.ts';
import type { CallProjection } from '#src/domain/call-events/projection.ts';
import { notificationFor } from '#src/domain/contact-moves.ts';
import { isFollowedUp } from '#src/domain/retry-plan.ts';
import type { Subject } from '#src/pipeline/contact-subject.ts';
import { notifyDriver, type NotifyDeps } from '#src/pipeline/notify-driver.ts';
import { instructionsLost, type InstructionsLostDeps } from './instructions-lost.ts';
import { closeOtherDeliveries, wantsNoCalls, type OptOutDeps } from './opt-out.ts';

export type FollowDeps = NotifyDeps & OptOutDeps & InstructionsLostDeps & { producer: Pick<Producer, 'enqueue'> };

/** Enqueues what the call calls for next. All of it is in the documents already; a crash in here is made good by reconcile. */
export async function followCall(projection: CallProjection, attempt: CallAttemptDoc, subject: Subject, deps: FollowDeps): Promise<void> {
  const job = { attemptId: attempt._id.toHexString(), traceId: attempt.trace_id };
  const { delivery, customer } = subject;
  if (wantsNoCalls(projection)) await closeOtherDeliveries(attempt, subject, deps);
  if (projection.recording?.state === 'pending') await deps.producer.enqueue('recording', job, { priority: delivery.priority });
  if (projection.recording?.state === 'absent') await instructionsLost(attempt, 'Twilio has no recording', deps);
  if (projection.outcome !== undefined && isFollowedUp(projection.outcome))
    await deps.producer.enqueue('retry', job, { priority: delivery.priority });

  const kind = notificationFor(projection, delivery.contact);
  if (kind) {
    const news = { kind, attemptNumber: attempt.number, traceId: attempt.trace_id, customerName: customer.name };
    await notifyDriver(delivery, projection.outcome === undefined ? news : { ...news, reason: projection.outcome }, deps);
  }
}
