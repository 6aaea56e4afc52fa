import type { callEvent } from '#queues/call-event.ts';
import type { CallAttemptDoc } from '#src/db/models/callattempts.ts';
import type { Inbox } from '#src/db/repositories/inbox.ts';
import type { AttemptStore } from '#src/db/repositories/attempts/store.ts';
import { presumedEvent } from '#src/domain/call-events/detection-event.ts';
import { projectCall } from '#src/domain/call-events/project-call.ts';
import type { CallProjection } from '#src/domain/call-events/projection.ts';
import type { WebhookEventDoc } from '#src/db/models/webhookevents.ts';
import { fileEvent } from '#src/pipeline/file-event.ts';
import { logCall } from '#src/pipeline/log-call.ts';
import { LIVE_ATTEMPT_STATES, type AttemptState } from '#src/domain/vocabulary.ts';
import { raiseAlert } from '#src/platform/alert.ts';
import type { Metrics } from '#src/platform/metrics.ts';
import { SECOND, type Time } from '#src/platform/time.ts';
import { ProviderDown } from '#src/providers/errors.ts';
import type { Telephony } from '#src/providers/telephony.ts';
import { failureMeaning, needsOperator } from '#src/providers/twilio-errors.ts';
import { done, skip, snooze } from './outcome.ts';
import type { Processor } from './processor.ts';
import { applyProjection, type ApplyDeps } from './steps/apply-projection.ts';
import { followCall, type FollowDeps } from './steps/follow-call.ts';
import { rememberOptOut, wantsNoCalls } from './steps/opt-out.ts';
import { toCallEvent } from './steps/to-call-event.ts';

export type CallEventDeps = ApplyDeps &
  FollowDeps & { inbox: Inbox; attempts: AttemptStore; telephony: Pick<Telephony, 'cancel'>; metrics: Pick<Metrics, 'alerts'>; time: Time };

/** An attempt that was not dialed, or was closed without a call, takes no events, however late; nor does any the events of another call. Such a call is only logged: reconcile ends it. */
const takes = (attempt: CallAttemptDoc, callSid: string): boolean =>
  attempt.call_sid === undefined ? LIVE.includes(attempt.state) : attempt.call_sid === callSid;
const LIVE: readonly AttemptState[] = LIVE_ATTEMPT_STATES;

/**
 * Who answered, and which key was pressed, is told beside the call and may arrive after its end, by so many real milliseconds: a matter of
 * the network and of the database, which a faster clock must not shorten. A key that is told later counts, too, but the driver hears of
 * it after a "not reached".
 */
const GRACE_MS = 10 * SECOND;

/**
 * Applies one filed event. The documents are drawn anew from all events of the attempt, so that neither their order nor their
 * number matters; a run that saw fewer events never replaces what one that saw more has written. The events are closed last.
 */
export const applyCallEvent: Processor<typeof callEvent, CallEventDeps> = async ({ eventId }, deps, { log, signal }) => {
  const event = await deps.inbox.find(eventId);
  if (event?.state !== 'received') return skip('event is closed');
  const attempt = await deps.attempts.find(event.attempt_id.toHexString());
  if (!attempt || !takes(attempt, event.call_sid)) {
    // Whoever dialed it came too late, and may have died before it said so: nobody waits for this call, and it may go on.
    if (attempt) await logCall(event.call_sid, attempt, deps);
    await deps.inbox.refused(event._id, attempt ? `attempt is ${attempt.state}` : 'attempt no longer exists');
    return skip('the attempt takes no such event');
  }

  const { events, projection } = await decided(attempt, event.call_sid, deps);
  // Before it is on record: a run that dies in between tells it again, and not never.
  if (projection.errorCode !== attempt.error_code && needsOperator(projection.errorCode))
    raiseAlert({ log, metrics: deps.metrics }, 'calls_refused', { code: projection.errorCode });
  if (wantsNoCalls(projection)) await rememberOptOut(attempt, deps);
  const subject = await applyProjection(projection, attempt, event.call_sid, deps);
  if (subject) await followCall(projection, attempt, subject, deps);
  // Cancelled while it was dialed, and whoever dialed it may have died: now its SID is known.
  if (attempt.cancel_requested && projection.attemptState !== 'finished') {
    if ((await deps.telephony.cancel(event.call_sid, signal)) === 'unknown') throw new ProviderDown('telephony');
  }
  if (projection.settleAt) return snooze(projection.settleAt, 'who answered, or a key, may still be told');
  await deps.inbox.applied(events.map(({ _id }) => _id));
  return done();
};

interface Read {
  events: WebhookEventDoc[];
  projection: CallProjection;
}

/**
 * The call by all its events. Where the outcome goes by a word that nobody told, that word is made an event first: what has been
 * acted upon stays so, whatever comes later, and whoever draws the call again draws the same.
 */
async function decided(attempt: CallAttemptDoc, callSid: string, deps: CallEventDeps): Promise<Read> {
  const first = await read(attempt, callSid, deps);
  if (first.projection.presumed === undefined) return first;
  const now = deps.time.now();
  await fileEvent(presumedEvent(callSid, first.projection.presumed, now), attempt._id, attempt.trace_id, now, deps);
  // Twilio's own report may have been filed in between, and then it counts.
  return read(attempt, callSid, deps);
}

async function read(attempt: CallAttemptDoc, callSid: string, { inbox, time }: CallEventDeps): Promise<Read> {
  const events = (await inbox.ofAttempt(attempt._id)).filter((event) => event.call_sid === callSid && event.state !== 'refused');
  return {
    events,
    projection: projectCall(events.map(toCallEvent), time.now(), { graceMs: time.span(GRACE_MS), meaningOfCode: failureMeaning }),
  };
}
