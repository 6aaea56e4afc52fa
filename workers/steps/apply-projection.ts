import type { CallAttemptDoc } from '#src/db/models/callattempts.ts';
import type { CallLogDoc } from '#src/db/models/calllogs.ts';
import type { AttemptProgress } from '#src/db/repositories/attempts/progress.ts';
import type { CallLogs } from '#src/db/repositories/call-logs.ts';
import type { Customers } from '#src/db/repositories/customers.ts';
import type { Deliveries } from '#src/db/repositories/deliveries.ts';
import type { History } from '#src/db/repositories/history.ts';
import type { CallProjection } from '#src/domain/call-events/projection.ts';
import { allowedFrom, contactAfter } from '#src/domain/contact-moves.ts';
import { isFollowedUp } from '#src/domain/retry-plan.ts';
import { loadSubject, type Subject, type SubjectDeps } from '#src/pipeline/contact-subject.ts';
import { logCall, type LogCallDeps } from '#src/pipeline/log-call.ts';
import { trackingEvent, trackingEventId } from '#src/pipeline/tracking-event.ts';

export interface ApplyDeps extends SubjectDeps, LogCallDeps {
  attempts: Pick<AttemptProgress, 'apply'>;
  callLogs: LogCallDeps['callLogs'] & Pick<CallLogs, 'apply'>;
  customers: Pick<Customers, 'find' | 'addCall'>;
  deliveries: Pick<Deliveries, 'find' | 'moveContact' | 'note'>;
  history: Pick<History, 'record'>;
}

/** Writes what the call's events say into CallLog, attempt, delivery and the customer's history, each by a guarded write. Returns what the contact rules need next; null when the delivery is gone. */
export async function applyProjection(
  projection: CallProjection,
  attempt: CallAttemptDoc,
  callSid: string,
  deps: ApplyDeps,
): Promise<Subject | null> {
  const now = deps.time.now();
  const view = callLogView(projection);
  const [known, subject] = await Promise.all([logCall(callSid, attempt, deps), loadSubject(attempt, deps)]);
  await Promise.all([
    deps.callLogs.apply(known._id, projection.eventCount, view),
    deps.attempts.apply(attempt._id, { callSid, eventCount: projection.eventCount, set: attemptView(projection, attempt, now) }),
    ...(projection.attemptState === 'finished' ? [deps.customers.addCall(attempt.customer_id, { ...known, ...view })] : []),
  ]);
  if (subject) await moveDelivery(projection, attempt, subject, known._id, deps);
  return subject;
}

function callLogView(p: CallProjection): Partial<CallLogDoc> {
  return {
    status: p.status,
    ...(p.startTime ? { start_time: p.startTime } : {}),
    ...(p.endTime ? { end_time: p.endTime } : {}),
    ...(p.durationSeconds === undefined ? {} : { duration: p.durationSeconds }),
    ...(p.answeredBy === undefined ? {} : { answered_by: p.answeredBy }),
    ...(p.outcome === undefined ? {} : { outcome: p.outcome }),
    ...(p.errorCode === undefined ? {} : { error_code: p.errorCode }),
    ...(p.errorMessage === undefined ? {} : { error_message: p.errorMessage }),
    webhook_events: p.webhookEvents.map(({ event, timestamp, data }) => ({ event, timestamp, data })),
  };
}

function attemptView(p: CallProjection, attempt: CallAttemptDoc, now: Date): Partial<CallAttemptDoc> {
  const followed = p.outcome !== undefined && isFollowedUp(p.outcome);
  return {
    state: p.attemptState,
    submitted_at: attempt.submitted_at ?? now,
    ...(p.answeredBy === undefined ? {} : { answered_by: p.answeredBy }),
    ...(p.choice === undefined ? {} : { choice: p.choice }),
    ...(p.outcome === undefined ? {} : { outcome: p.outcome }),
    ...(p.errorCode === undefined ? {} : { error_code: p.errorCode }),
    // When we learnt how it ended, and not when it did: the metrics have counted that window already if the news comes late.
    ...(p.outcome === undefined ? {} : { finished_at: attempt.finished_at ?? now }),
    // Written with the outcome itself: from here on the retry is pending work, or there is none.
    ...(p.outcome !== undefined && (attempt.follow_up === undefined || !followed)
      ? { follow_up: followed ? ('due' as const) : ('done' as const) }
      : {}),
    ...recordingView(p, attempt),
  };
}

/** What the events say of the recording, unless it was copied or given up already. Found absent, it may be announced all the same. */
function recordingView({ recording }: CallProjection, attempt: CallAttemptDoc): Partial<CallAttemptDoc> {
  const settled = attempt.recording && ['stored', 'failed'].includes(attempt.recording.state);
  if (!recording || settled) return {};
  const { sid, state, durationSeconds } = recording;
  return {
    recording: { state, ...(sid === undefined ? {} : { sid }), ...(durationSeconds === undefined ? {} : { duration: durationSeconds }) },
  };
}

/** The phone's side of the delivery, and the history's entry: how this call went. */
async function moveDelivery(
  projection: CallProjection,
  attempt: CallAttemptDoc,
  { delivery }: Subject,
  callLogId: CallLogDoc['_id'],
  deps: ApplyDeps,
): Promise<void> {
  const move = contactAfter(delivery.contact, projection);
  if (!move) return;
  const event = trackingEvent({
    deliveryId: delivery._id,
    attemptId: attempt._id,
    status: move.state === 'pending' ? 'not_reached' : move.state,
    ...(move.reason === undefined ? {} : { notes: move.reason }),
    at: projection.endTime ?? deps.time.now(),
  });
  const retryPlanned = trackingEventId({ deliveryId: delivery._id, attemptId: attempt._id, status: 'retry_planned' });
  await deps.history.record(event);
  await deps.deliveries.moveContact(delivery._id, {
    from: allowedFrom(move.state),
    to: move.state,
    reason: move.reason ?? null,
    nextAt: null,
    attempt: attempt.number,
    event,
    // Read before the retry was planned, it would hide when that is due. An answer that is reported late still counts.
    ...(move.state === 'pending' ? { unlessAfter: retryPlanned } : {}),
    // The retry that planned this attempt may have died before it counted it.
    retries: attempt.number - 1,
    also: { call_log_id: callLogId },
  });
}
