import { ObjectId } from 'mongodb';
import type { CallAttemptDoc } from '#src/db/models/callattempts.ts';
import { mayContact } from '#src/domain/contact-rules/may-contact.ts';
import { neverReason } from '#src/domain/contact-rules/never-reason.ts';
import type { ContactSubject } from '#src/domain/contact-rules/subject.ts';
import { LIVE_ATTEMPT_STATES } from '#src/domain/vocabulary.ts';
import { contactSubject } from '#src/pipeline/contact-subject.ts';
import { MINUTE } from '#src/platform/time.ts';
import { isOver, type SimCall, type SimTwilio } from './twilio.ts';
import { MOST_DIAL_MS, MOST_SKEW_MS, type World } from './world.ts';

const LIVE: readonly string[] = LIVE_ATTEMPT_STATES;
/** Between the last look at the clock and the call. */
const SLACK_MS = MOST_DIAL_MS + MOST_SKEW_MS;
/** Longer than any way to the database. */
const SWITCHED_OFF_MS = MINUTE;

/**
 * P2: an attempt has at most one call, and a phone at most one live contact. P3: nobody is called outside their window, nor what was
 * forbidden before the attempt was claimed: what happens between the claim's last look and the dial, nobody can know.
 */
export function watchDialing(world: World, twilio: SimTwilio): { placed(call: SimCall): void } {
  const { store, scheduler, fail } = world;
  /** How it stood when an attempt was claimed last. */
  const claims = new Map<string, { forbidden: string | null; subject: ContactSubject | null }>();
  let offSince = Infinity;

  store.controls.watch((_before, after) => {
    if (after?._id !== 'calls') return;
    offSince = after.enabled === false ? Math.min(offSince, scheduler.now()) : Infinity;
  });

  store.attempts.watch((before, after) => {
    if (!after || !LIVE.includes(after.state) || before?.state === after.state) return;
    const live = store.attempts.filter(({ state, to_number }) => LIVE.includes(state) && to_number === after.to_number);
    if (live.length > 1) fail(`P2: ${after.to_number} has ${live.length} live contacts`);
    if (after.state !== 'submitting') return;
    const subject = subjectOf(after);
    claims.set(after._id.toHexString(), { forbidden: whatForbids(subject), subject });
  });

  const subjectOf = ({ delivery_id, customer_id, to_number, ...count }: CallAttemptDoc): ContactSubject | null => {
    const delivery = store.deliveries.get(delivery_id);
    const customer = store.customers.get(customer_id);
    return delivery && customer ? contactSubject(delivery, customer, store.optOuts.get(to_number) !== null, count) : null;
  };

  const whatForbids = (subject: ContactSubject | null): string | null => {
    if (scheduler.now() - offSince > SWITCHED_OFF_MS) return 'calls were switched off';
    return subject ? neverReason(subject, new Date(scheduler.now() - MOST_SKEW_MS)) : 'there is no delivery';
  };

  return {
    placed(call) {
      const attempt = store.attempts.get(new ObjectId(call.attemptId));
      if (!attempt) return fail(`P2: call ${call.sid} is of no attempt`);
      const calls = [...twilio.calls.values()].filter((other) => other !== call);
      if (calls.some(({ attemptId }) => attemptId === call.attemptId)) fail(`P2: attempt ${call.attemptId} is called a second time`);
      if (calls.some((other) => other.to === call.to && !isOver(other)))
        fail(`P2: ${call.to} is called while another call of ours goes on`);
      const claim = claims.get(call.attemptId);
      if (!claim) return fail(`P2: attempt ${call.attemptId} was called and never claimed`);
      if (claim.forbidden !== null) fail(`P3: attempt ${call.attemptId} was called, though before its claim: ${claim.forbidden}`);
      // What the customer wants may have changed between the last look and the call.
      const known = [claim.subject, subjectOf(attempt)].filter((subject) => subject !== null);
      if (!known.some((subject) => isInWindow(subject, scheduler.now())))
        fail(`P3: attempt ${call.attemptId} was called outside its window`);
    },
  };
}

/** By the hour alone, as one of the clocks may have told it. */
function isInWindow({ customer, delivery }: ContactSubject, now: number): boolean {
  const open = {
    customer,
    optedOut: false,
    attemptNumber: 1,
    notPlaced: 0,
    delivery: { ...delivery, status: 'scheduled' as const, contact: { state: 'pending' as const } },
  };
  return [now - SLACK_MS, now, now + MOST_SKEW_MS].some((at) => mayContact(open, new Date(at)).kind === 'now');
}
