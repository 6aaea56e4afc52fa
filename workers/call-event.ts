import type { callEvent } from '#queues/call-event.ts';
import type { CallAttemptDoc } from '#src/db/models/callattempts.ts';
import type { Inbox } from '#src/db/repositories/inbox.ts';
import type { AttemptStore } from '#src/db/repositories/attempts/store.ts';
import { projectCall } from '#src/domain/call-events/project-call.ts';
import { LIVE_ATTEMPT_STATES, type AttemptState } from '#src/domain/vocabulary.ts';
import { SECOND, type Time } from '#src/platform/time.ts';
import { ProviderDown } from '#src/providers/errors.ts';
import type { Telephony } from '#src/providers/telephony.ts';
import { done, skip, snooze } from './outcome.ts';
import type { Processor } from './processor.ts';
import { applyProjection, type ApplyDeps } from './steps/apply-projection.ts';
import { followCall, type FollowDeps } from './steps/follow-call.ts';
import { rememberOptOut } from './steps/opt-out.ts';
import { toCallEvent } from './steps/to-call-event.ts';

export type CallEventDeps = ApplyDeps &
  FollowDeps & { inbox: Inbox; attempts: AttemptStore; telephony: Pick<Telephony, 'cancel'>; time: Time };

/** An attempt that was not dialed, or was closed without a call, takes no events, however late; nor does any the events of another call. */
const takes = (attempt: CallAttemptDoc, callSid: string): boolean =>
  attempt.call_sid === undefined ? LIVE.includes(attempt.state) : attempt.call_sid === callSid;
const LIVE: readonly AttemptState[] = LIVE_ATTEMPT_STATES;

/** The word who answered is sent beside the call and may arrive after its end, by so many real milliseconds: a matter of the network, which a faster clock must not shorten. */
const AMD_GRACE_MS = 10 * SECOND;

/**
 * Applies one filed event. The documents are drawn anew from all events of the attempt, so that neither their order nor their
 * number matters; a run that saw fewer events never replaces what one that saw more has written. The events are closed last.
 */
export const applyCallEvent: Processor<typeof callEvent, CallEventDeps> = async ({ eventId }, deps, { signal }) => {
  const event = await deps.inbox.find(eventId);
  if (event?.state !== 'received') return skip('event is closed');
  const attempt = await deps.attempts.find(event.attempt_id.toHexString());
  if (!attempt || !takes(attempt, event.call_sid)) {
    await deps.inbox.refused(event._id, attempt ? `attempt is ${attempt.state}` : 'attempt no longer exists');
    return skip('the attempt takes no such event');
  }

  const events = (await deps.inbox.ofAttempt(attempt._id)).filter(
    (other) => other.call_sid === event.call_sid && other.state !== 'refused',
  );
  const projection = projectCall(events.map(toCallEvent), deps.time.now(), { amdGraceMs: deps.time.span(AMD_GRACE_MS) });
  if (projection.choice === '9') await rememberOptOut(attempt, deps);
  const subject = await applyProjection(projection, attempt, event.call_sid, deps);
  if (subject) await followCall(projection, attempt, subject, deps);
  // Cancelled while it was dialed, and whoever dialed it may have died: now its SID is known.
  if (attempt.cancel_requested && projection.attemptState !== 'finished') {
    if ((await deps.telephony.cancel(event.call_sid, signal)) === 'unknown') throw new ProviderDown('telephony');
  }
  if (projection.settleAt) return snooze(projection.settleAt, 'who answered is not known yet');
  await deps.inbox.applied(events.map(({ _id }) => _id));
  return done();
};
