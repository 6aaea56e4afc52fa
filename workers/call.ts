import type { call } from '#queues/call.ts';
import type { Producer } from '#queues/producer.ts';
import type { CallAttemptDoc } from '#src/db/models/callattempts.ts';
import { DIAL_WITHIN_MS, type AttemptClaims, type Obstacle } from '#src/db/repositories/attempts/claims.ts';
import type { AttemptProgress } from '#src/db/repositories/attempts/progress.ts';
import type { AttemptStore } from '#src/db/repositories/attempts/store.ts';
import type { Deliveries } from '#src/db/repositories/deliveries.ts';
import type { History } from '#src/db/repositories/history.ts';
import type { OptOuts } from '#src/db/repositories/opt-outs.ts';
import { callbackUrls } from '#src/domain/callback-urls.ts';
import { mayContact, type Verdict } from '#src/domain/contact-rules/may-contact.ts';
import { loadSubject, type Subject, type SubjectDeps } from '#src/pipeline/contact-subject.ts';
import { trackingEvent } from '#src/pipeline/tracking-event.ts';
import type { DialTurns } from '#src/platform/dial-turns.ts';
import type { Metrics } from '#src/platform/metrics.ts';
import { SECOND, type Time } from '#src/platform/time.ts';
import { RateLimited, Withheld } from '#src/providers/errors.ts';
import type { Telephony } from '#src/providers/telephony.ts';
import { done, skip, snooze, type Outcome } from './outcome.ts';
import type { Processor } from './processor.ts';
import { refuseContact, type RefuseDeps } from './steps/refuse-contact.ts';
import { settleDial, type SettleDialDeps } from './steps/settle-dial.ts';

export interface CallDeps extends SubjectDeps, RefuseDeps, SettleDialDeps {
  attempts: AttemptStore & AttemptClaims & AttemptProgress;
  deliveries: Deliveries;
  history: History;
  optOuts: OptOuts;
  producer: Producer;
  telephony: Telephony;
  turns: DialTurns;
  metrics: Metrics;
  time: Time;
  publicUrl: string;
  fromNumber: string;
}

/** How long a job waits in its place for its turn, and once more, claimed, for its departure; beyond it the whole queue holds. Real milliseconds, well below `DIAL_WITHIN_MS`. */
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
  if (early > 0) await deps.time.wait(early);

  const subject = await loadSubject(attempt, deps);
  if (!subject) return orphaned(attempt, deps);

  // Checked at the last moment: much may have changed since the attempt was planned.
  const verdict = mayContact(subject.contact, deps.time.now());
  if (verdict.kind !== 'now') return notNow(verdict, attempt, subject, deps);

  // A turn is not for those who could not dial anyway.
  const obstacle = await deps.attempts.obstacle(attempt);
  if (obstacle) return wait(obstacle, attempt, deps);
  const turn = await deps.turns.take(PATIENCE_MS);
  if (turn.kind === 'too-long') throw new RateLimited('telephony', turn.waitMs - PATIENCE_MS / 2);

  // The hour is judged once more below, and by then surely the right one.
  if (!(await deps.time.correct())) return snooze(deps.time.now(), 'the database takes too long to tell the time');

  // Claim before dialing: a job can run twice, a phone must not ring twice.
  const claim = await deps.attempts.claim(attempt);
  if (claim.kind === 'taken') return skip('claimed elsewhere');
  if (claim.kind !== 'claimed') return wait(claim, attempt, deps);

  // Read again, and only now: while we waited the hour may have ended, and the call that kept this phone may have ended with "never again".
  const current = await loadSubject(attempt, deps);
  const still = current ? mayContact(current.contact, deps.time.now()) : null;
  const inTime = () => deps.time.now().getTime() - claim.claimedAt.getTime() <= deps.time.span(DIAL_WITHIN_MS);
  if (!current || still?.kind !== 'now' || !inTime() || signal.aborted) {
    if (!(await deps.attempts.unclaim(attempt._id, claim.epoch))) {
      // This run slept, and another has long decided what becomes of the attempt.
      deps.metrics.fencedWrites.inc({ write: 'unclaim' });
      return skip('moved on meanwhile');
    }
    if (!current) return orphaned(attempt, deps);
    if (still && still.kind !== 'now') return notNow(still, attempt, current, deps);
    if (signal.aborted) throw new Error('the run was cut before it dialed');
    // A slow database is no fault of the attempt.
    return snooze(deps.time.now(), 'the claim had become too old to dial');
  }
  const mayStart = async () => {
    const departure = await deps.turns.depart(PATIENCE_MS);
    if (departure.kind === 'too-long') throw new Withheld(departure.waitMs);
    // Connecting and departing take seconds at the worst, in which the window may have ended.
    if (!inTime() || mayContact(current.contact, deps.time.now()).kind !== 'now') throw new Withheld();
    return true;
  };
  const dialed = await deps.telephony.dial(
    {
      to: attempt.to_number,
      attemptUrls: callbackUrls(deps.publicUrl, attemptId),
      timeoutSeconds: RING_SECONDS,
      timeLimitSeconds: CALL_SECONDS,
      mayStart,
    },
    signal,
  );
  deps.metrics.callsDialed.inc({ result: dialed.kind });
  log.info({ result: dialed.kind, attempt: attempt.number }, 'call placed');
  return settleDial(dialed, attempt, claim.epoch, current, deps, { log, signal });
};

/** Ingestion writes delivery and attempt side by side: a moment later the delivery is there, or the attempt was planned for one that lost a race, or whose ingestion died. Removed and not closed: sent again with its
 * idempotency key, the delivery may still be born, and its attempt planned anew. */
async function orphaned(attempt: CallAttemptDoc, { attempts, time }: CallDeps): Promise<Outcome> {
  const lookAgain = new Date(attempt.createdAt.getTime() + time.span(ORPHANED_MS));
  if (lookAgain > time.now()) return snooze(lookAgain, 'the delivery is not there yet');
  await attempts.discard(attempt._id);
  return skip('delivery or customer do not exist');
}

/** The attempt stays planned; the next look is at a fixed distance, or when there is a budget again. */
async function wait(obstacle: Obstacle, attempt: CallAttemptDoc, deps: CallDeps): Promise<Outcome> {
  const after = (ms: number) => new Date(deps.time.now().getTime() + deps.time.span(ms));
  switch (obstacle.kind) {
    case 'phone-busy':
      return snooze(after(PHONE_BUSY_MS), 'another call to this number is live');
    case 'paused':
      return snooze(after(PAUSED_MS), 'calling is switched off');
    case 'over-budget':
      return postpone(attempt, obstacle.until, 'daily budget of calls is spent', deps);
  }
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
