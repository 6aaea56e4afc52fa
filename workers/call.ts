import { setTimeout as delay } from 'node:timers/promises';
import type { call } from '#queues/call.ts';
import type { Producer } from '#queues/producer.ts';
import { newCallLog } from '#src/db/documents/call-log.ts';
import { deterministicId } from '#src/db/deterministic-id.ts';
import type { CallAttemptDoc } from '#src/db/models/callattempts.ts';
import type { CallLogDoc } from '#src/db/models/calllogs.ts';
import { DIAL_WITHIN_MS, type AttemptClaims } from '#src/db/repositories/attempts/claims.ts';
import type { AttemptProgress } from '#src/db/repositories/attempts/progress.ts';
import type { AttemptStore } from '#src/db/repositories/attempts/store.ts';
import type { CallLogs } from '#src/db/repositories/call-logs.ts';
import type { Deliveries } from '#src/db/repositories/deliveries.ts';
import type { History } from '#src/db/repositories/history.ts';
import { callbackUrls } from '#src/domain/callback-urls.ts';
import { mayContact, type Verdict } from '#src/domain/contact-rules/may-contact.ts';
import { loadSubject, type Subject, type SubjectDeps } from '#src/pipeline/contact-subject.ts';
import { trackingEvent } from '#src/pipeline/tracking-event.ts';
import type { Metrics } from '#src/platform/metrics.ts';
import { SECOND, type Time } from '#src/platform/time.ts';
import type { Turns } from '#src/platform/turns.ts';
import { RateLimited } from '#src/providers/errors.ts';
import type { Dialed, Telephony } from '#src/providers/telephony.ts';
import { done, skip, snooze, type Outcome } from './outcome.ts';
import type { Processor, RunContext } from './processor.ts';
import { refuseContact, type RefuseDeps } from './steps/refuse-contact.ts';

export interface CallDeps extends SubjectDeps, RefuseDeps {
  attempts: AttemptStore & AttemptClaims & AttemptProgress;
  callLogs: CallLogs;
  deliveries: Deliveries;
  history: History;
  producer: Producer;
  telephony: Telephony;
  turns: Turns;
  metrics: Metrics;
  time: Time;
  publicUrl: string;
  fromNumber: string;
}

/** How long a job waits in its place for its turn to dial; beyond it the whole queue holds. Real milliseconds. */
const PATIENCE_MS = 2 * SECOND;
/** Real milliseconds. */
const NEARLY_DUE_MS = SECOND;
const PHONE_BUSY_MS = 20 * SECOND;
const ORPHANED_MS = 30 * SECOND;
const PAUSED_MS = 60 * SECOND;
const RING_SECONDS = 30;
/** Room for the menu and a message of 120 s. */
const CALL_SECONDS = 240;

/** Dials one attempt, unless it must wait, may not be made, or is somebody else's. */
export const placeCall: Processor<typeof call, CallDeps> = async ({ attemptId }, deps, { log, signal }) => {
  const attempt = await deps.attempts.find(attemptId);
  if (!attempt) return skip('attempt no longer exists');
  if (attempt.state !== 'planned') return skip(`attempt is ${attempt.state}`);
  const early = deps.time.until(attempt.due_at);
  if (early > NEARLY_DUE_MS) return snooze(attempt.due_at, 'not due yet');
  // A job that comes a few milliseconds early waits here: a snooze would make it a second late.
  if (early > 0) await delay(early);

  const subject = await loadSubject(attempt, deps);
  if (!subject) return orphaned(attempt, deps);

  // Checked at the last moment: much may have changed since the attempt was planned.
  const verdict = mayContact(subject.contact, deps.time.now());
  if (verdict.kind !== 'now') return notNow(verdict, attempt, subject, deps);

  const turn = await deps.turns.take(PATIENCE_MS);
  if (turn.kind === 'too-long') throw new RateLimited('telephony', turn.waitMs - PATIENCE_MS / 2);
  // The hour may have ended while we waited. (Cancelling and opting out close the attempt itself: the claim sees it.)
  const still = mayContact(subject.contact, deps.time.now());
  if (still.kind !== 'now') return notNow(still, attempt, subject, deps);

  // Claim before dialing: a job can run twice, a phone must not ring twice.
  const claim = await deps.attempts.claim(attempt);
  const wait = (ms: number) => new Date(deps.time.now().getTime() + deps.time.span(ms));
  switch (claim.kind) {
    case 'taken':
      return skip('claimed elsewhere');
    case 'phone-busy':
      return snooze(wait(PHONE_BUSY_MS), 'another call to this number is live');
    case 'paused':
      return snooze(wait(PAUSED_MS), 'calling is switched off');
    case 'over-budget':
      return postpone(attempt, claim.until, 'daily budget of calls is spent', deps);
    case 'claimed':
      break;
  }

  if (deps.time.now().getTime() - claim.claimedAt.getTime() > deps.time.span(DIAL_WITHIN_MS) || signal.aborted) {
    await deps.attempts.unclaim(attempt._id, claim.epoch);
    throw new Error('the claim had become too old to dial');
  }
  const dialed = await deps.telephony.dial(
    {
      to: attempt.to_number,
      attemptUrls: callbackUrls(deps.publicUrl, attemptId),
      timeoutSeconds: RING_SECONDS,
      timeLimitSeconds: CALL_SECONDS,
    },
    signal,
  );
  deps.metrics.callsDialed.inc({ result: dialed.kind });
  log.info({ result: dialed.kind, attempt: attempt.number }, 'call placed');
  return settle(dialed, attempt, claim.epoch, subject, deps, { log, signal });
};

/** Ingestion writes delivery and attempt side by side: a moment later the delivery is there, or the attempt was planned for one that lost a race, or whose ingestion died. Removed and not closed: sent again with its
 * idempotency key, the delivery may still be born, and its attempt planned anew. */
async function orphaned(attempt: CallAttemptDoc, { attempts, time }: CallDeps): Promise<Outcome> {
  const lookAgain = new Date(attempt.createdAt.getTime() + time.span(ORPHANED_MS));
  if (lookAgain > time.now()) return snooze(lookAgain, 'the delivery is not there yet');
  await attempts.discard(attempt._id);
  return skip('delivery or customer do not exist');
}

async function notNow(
  verdict: Exclude<Verdict, { kind: 'now' }>,
  attempt: CallAttemptDoc,
  subject: Subject,
  deps: CallDeps,
): Promise<Outcome> {
  if (verdict.kind === 'later') return postpone(attempt, verdict.at, verdict.reason, deps);
  await refuseContact(attempt, subject, verdict.reason, deps);
  return done();
}

async function settle(
  dialed: Dialed,
  attempt: CallAttemptDoc,
  epoch: number,
  subject: Subject,
  deps: CallDeps,
  { log, signal }: Pick<RunContext, 'log' | 'signal'>,
): Promise<Outcome> {
  switch (dialed.kind) {
    case 'accepted':
      if (
        !(await deps.attempts.submitted(attempt._id, epoch, dialed.callSid)) &&
        !(await acceptedLate(dialed.callSid, attempt, epoch, deps, signal))
      ) {
        return skip('moved on meanwhile');
      }
      await callBegun(dialed.callSid, attempt, subject, deps);
      return done();
    case 'refused':
      if (dialed.action === 'permanent-policy') log.error({ code: dialed.code }, 'twilio refuses such calls: an operator must look');
      if (!(await deps.attempts.rejected(attempt._id, epoch, 'undialable', String(dialed.code)))) {
        fenced('rejected', deps);
        return skip('moved on meanwhile');
      }
      await deps.producer.enqueue('retry', { attemptId: attempt._id.toHexString(), traceId: attempt.trace_id });
      return done();
    case 'not-sent':
      // Surely silent: try again.
      await deps.attempts.unclaim(attempt._id, epoch);
      throw dialed.error;
    case 'unknown':
      // It may be ringing: a callback or a look-up settles it.
      await deps.attempts.unknown(attempt._id, epoch);
      return done();
  }
}

/** The ledger had moved when the answer came: the callback was first, the delivery was cancelled while we dialed, or the attempt is over without this call. True: it is the attempt's all the same. */
async function acceptedLate(
  callSid: string,
  attempt: CallAttemptDoc,
  epoch: number,
  deps: CallDeps,
  signal: AbortSignal,
): Promise<boolean> {
  const current = await deps.attempts.find(attempt._id.toHexString());
  if (current?.call_sid === callSid && !current.cancel_requested) return true;
  if (current?.cancel_requested && current.epoch === epoch) {
    await deps.attempts.submitted(attempt._id, epoch, callSid, { evenIfCancelled: true });
    await deps.telephony.cancel(callSid, signal);
    return true;
  }
  fenced('submitted', deps);
  // Nobody waits for this call, and another may be planned. Its log keeps a look-up from taking it for that one's.
  await logCall(callSid, attempt, deps);
  await deps.telephony.cancel(callSid, signal);
  return false;
}

/** The call's log and the delivery's view of it, from the answer to our request; the first callback does the same, whichever is first. */
async function callBegun(callSid: string, attempt: CallAttemptDoc, { delivery }: Subject, deps: CallDeps): Promise<void> {
  const now = deps.time.now();
  const callLog = await logCall(callSid, attempt, deps);
  const event = trackingEvent({ deliveryId: delivery._id, attemptId: attempt._id, status: 'contacting', at: now });
  await deps.history.record(event);
  await deps.deliveries.moveContact(delivery._id, {
    from: ['pending'],
    to: 'contacting',
    reason: null,
    nextAt: null,
    attempt: attempt.number,
    event,
    also: { call_log_id: callLog._id },
  });
}

const logCall = (callSid: string, attempt: CallAttemptDoc, { callLogs, fromNumber, time }: CallDeps): Promise<CallLogDoc> =>
  callLogs.ensure(
    newCallLog(
      {
        _id: deterministicId('call', callSid),
        delivery_id: attempt.delivery_id,
        attempt_id: attempt._id,
        call_sid: callSid,
        status: 'queued',
        from_number: fromNumber,
        to_number: attempt.to_number,
        retry_count: attempt.number - 1,
      },
      time.now(),
    ),
  );

async function postpone(attempt: CallAttemptDoc, until: Date, reason: string, deps: CallDeps): Promise<Outcome> {
  const event = trackingEvent({
    deliveryId: attempt.delivery_id,
    attemptId: attempt._id,
    status: 'call_postponed',
    notes: `${reason} until ${until.toISOString()}`,
    at: deps.time.now(),
    occasion: until.toISOString(),
  });
  await deps.history.record(event);
  await deps.deliveries.moveContact(attempt.delivery_id, {
    from: ['pending'],
    to: 'pending',
    reason,
    nextAt: until,
    attempt: attempt.number - 1,
    event,
  });
  await deps.attempts.postpone(attempt._id, until, reason);
  return snooze(until, reason);
}

function fenced(write: string, { metrics }: CallDeps): void {
  metrics.fencedWrites.inc({ write });
}
