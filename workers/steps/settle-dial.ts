import type { CallAttemptDoc } from '#src/db/models/callattempts.ts';
import type { AttemptClaims } from '#src/db/repositories/attempts/claims.ts';
import type { AttemptStore } from '#src/db/repositories/attempts/store.ts';
import type { Subject } from '#src/pipeline/contact-subject.ts';
import { logCall, type LogCallDeps } from '#src/pipeline/log-call.ts';
import { trackingEvent } from '#src/pipeline/tracking-event.ts';
import { RateLimited, Withheld } from '#src/providers/errors.ts';
import type { Dialed, Telephony } from '#src/providers/telephony.ts';
import { done, skip, snooze, type Outcome } from '../outcome.ts';
import type { RunContext } from '../processor.ts';
import { dialRefused, type DialRefusedDeps } from './dial-refused.ts';

export interface SettleDialDeps extends DialRefusedDeps, LogCallDeps {
  attempts: DialRefusedDeps['attempts'] & Pick<AttemptStore, 'find'> & Omit<AttemptClaims, 'claim'>;
  telephony: Pick<Telephony, 'cancel'>;
}

/** Writes down what became of a dial, by guarded writes that name the claim's epoch. */
export async function settleDial(
  dialed: Dialed,
  attempt: CallAttemptDoc,
  epoch: number,
  subject: Subject,
  deps: SettleDialDeps,
  { log, signal }: Pick<RunContext, 'log' | 'signal'>,
): Promise<Outcome> {
  switch (dialed.kind) {
    case 'accepted':
      if (
        !(await deps.attempts.submitted(attempt._id, epoch, dialed.callSid)) &&
        !(await acceptedLate(dialed.callSid, attempt, epoch, deps, { log, signal }))
      ) {
        return skip('moved on meanwhile');
      }
      await callBegun(dialed.callSid, attempt, subject, deps);
      return done();
    case 'refused':
      return dialRefused(dialed, attempt, epoch, subject, deps, log);
    case 'not-sent':
      // Surely silent: try again.
      if (!(await deps.attempts.unclaim(attempt._id, epoch))) fenced('unclaim', deps);
      if (!(dialed.error instanceof Withheld)) throw dialed.error;
      if (dialed.error.waitMs > 0) throw new RateLimited('telephony', dialed.error.waitMs);
      // Our own delay is no fault of the attempt's.
      return snooze(deps.time.now(), 'the moment to dial had passed');
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
  deps: SettleDialDeps,
  { log, signal }: Pick<RunContext, 'log' | 'signal'>,
): Promise<boolean> {
  const current = await deps.attempts.find(attempt._id.toHexString());
  if (current?.call_sid === callSid && !current.cancel_requested) return true;
  const bound =
    current?.cancel_requested === true &&
    (current.call_sid === callSid || (await deps.attempts.submitted(attempt._id, epoch, callSid, { evenIfCancelled: true })));
  if (bound) {
    // Not confirmed, it is asked again by reconcile.
    await deps.telephony.cancel(callSid, signal);
    return true;
  }
  fenced('submitted', deps);
  // Nobody waits for this call, and another may be planned. Its log keeps a look-up from taking it for that one's.
  await logCall(callSid, attempt, deps);
  if ((await deps.telephony.cancel(callSid, signal)) === 'unknown') log.error({ callSid }, 'a call that nobody waits for may go on');
  return false;
}

/** The call's log and the delivery's view of it, from the answer to our request; the first callback does the same, whichever is first. */
async function callBegun(callSid: string, attempt: CallAttemptDoc, { delivery }: Subject, deps: SettleDialDeps): Promise<void> {
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

function fenced(write: string, { metrics }: SettleDialDeps): void {
  metrics.fencedWrites.inc({ write });
}
