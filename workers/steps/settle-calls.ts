import type { Producer } from '#queues/producer.ts';
import type { CallAttemptDoc } from '#src/db/models/callattempts.ts';
import type { AttemptClaims } from '#src/db/repositories/attempts/claims.ts';
import type { AttemptLookups } from '#src/db/repositories/attempts/lookups.ts';
import type { CallLogs } from '#src/db/repositories/call-logs.ts';
import type { WorkLists } from '#src/db/repositories/work-lists.ts';
import { lookupEvent } from '#src/domain/call-events/lookup-event.ts';
import { isCallOver } from '#src/domain/vocabulary.ts';
import { enqueueEvent, fileEvent, type FileEventDeps } from '#src/pipeline/file-event.ts';
import { DAY, HOUR, MINUTE, SECOND, type Time } from '#src/platform/time.ts';
import { brokeOff, PermanentlyRefused } from '#src/providers/errors.ts';
import type { CallSnapshot, Telephony } from '#src/providers/telephony.ts';
import type { RunContext } from '../processor.ts';
import { askAboutEach } from './ask-about-each.ts';

export interface SettleCallsDeps extends FileEventDeps {
  attempts: Pick<AttemptClaims, 'unknown'> & AttemptLookups;
  callLogs: Pick<CallLogs, 'findBySid'>;
  lists: Pick<WorkLists, 'abandonedClaims' | 'unknown' | 'silentCalls'>;
  producer: Pick<Producer, 'enqueue'>;
  telephony: Pick<Telephony, 'findCall' | 'findCallsTo'>;
  time: Time;
  /** Ours: calls from any other are somebody else's. */
  fromNumber: string;
}

export interface SettledCalls {
  abandoned: number;
  found: number;
  notPlaced: number;
}

/** A claim whose run said nothing for this long, in real milliseconds, may have dialed. */
const ABANDONED_MS = 30 * SECOND;
/** Two look-ups that find no call, at least this far apart in real milliseconds, prove that none was placed: Twilio's list lags behind. */
const LOOKUP_GAP_MS = 60 * SECOND;
/**
 * A call that still goes on so long after it was placed is asked about, and then again and again, in the clock's milliseconds: so one
 * whose end Twilio never reported is closed within five minutes of it. Most calls are over by then, and are never asked about.
 */
const ASK_AFTER_MS = 3 * MINUTE;
const ASK_AGAIN_MS = MINUTE;
/** What Twilio does not know so long after, or refuses to look up, does not ring any more; in the clock's milliseconds. */
const GIVEN_UP_MS = HOUR;
/** Nor does a call whose look-ups have broken off for so long: every attempt ends, and an outage of Twilio's is shorter. */
const BROKEN_OFF_MS = DAY;
/** Refused look-ups of an unknown attempt, about one a minute, before a refusal counts as an empty one. */
const REFUSALS = 30;
const UNKNOWN_PAGE = 100;
/** A pass, begun every 20 s, must keep up with all calls of that time, should none of them be reported: 30 a second. */
const SILENT_PAGE = 600;

/** Finds out, by asking Twilio, whether the dials of which nobody knows placed a call. */
export async function settleUnknown(deps: SettleCallsDeps, context: Pick<RunContext, 'log' | 'signal'>): Promise<SettledCalls> {
  const { lists, attempts, time } = deps;
  const ago = (ms: number) => new Date(time.now().getTime() - time.span(ms));
  const settled: SettledCalls = { abandoned: 0, found: 0, notPlaced: 0 };
  for (const attempt of await lists.abandonedClaims(ago(ABANDONED_MS), UNKNOWN_PAGE)) {
    if (await attempts.unknown(attempt._id, attempt.epoch)) settled.abandoned += 1;
  }
  const lookUpOne = async (attempt: CallAttemptDoc) => {
    const result = await lookUp(attempt, deps, context.signal);
    if (result) settled[result] += 1;
  };
  const unknown = await lists.unknown(UNKNOWN_PAGE, ago(LOOKUP_GAP_MS));
  await askAboutEach(unknown, lookUpOne, (attempt) => attempts.lookedUp(attempt), context);
  return settled;
}

/** Closes calls of whose end Twilio never told. Resolves with how many were over. */
export async function closeSilentCalls(deps: SettleCallsDeps, context: Pick<RunContext, 'log' | 'signal'>): Promise<number> {
  const { lists, attempts, time } = deps;
  const ago = (ms: number) => new Date(time.now().getTime() - ms);
  let closed = 0;
  const endOne = async (attempt: CallAttemptDoc) => {
    const call = await ended(attempt, deps, context.signal);
    await attempts.lookedUp(attempt);
    if (!call) return;
    await report(call, attempt, deps);
    closed += 1;
  };
  const silent = await lists.silentCalls(ago(ASK_AFTER_MS), SILENT_PAGE, ago(ASK_AGAIN_MS));
  await askAboutEach(silent, endOne, (attempt) => attempts.lookedUp(attempt), context);
  return closed;
}

/** The call as Twilio knows it, if it is over. A SID that Twilio still does not know after so long, or will not look up, must not keep the phone for ever. */
async function ended(attempt: CallAttemptDoc, { telephony, time }: SettleCallsDeps, signal: AbortSignal): Promise<CallSnapshot | null> {
  if (attempt.call_sid === undefined) return null;
  const age = time.now().getTime() - (attempt.submitted_at ?? attempt.updatedAt).getTime();
  const lost = age > GIVEN_UP_MS;
  const call = await telephony.findCall(attempt.call_sid, signal).catch((error: unknown) => {
    const isNoAnswer = (lost && error instanceof PermanentlyRefused) || (age > BROKEN_OFF_MS && brokeOff(error));
    if (!isNoAnswer) throw error;
    return null;
  });
  if (call) return isCallOver(call.status) ? call : null;
  return lost ? { callSid: attempt.call_sid, to: attempt.to_number, from: '', status: 'failed' } : null;
}

/** Counted in look-ups as well: after a pause of ours the first refusal must not pass for an hour of them. */
const wasRefusedLong = ({ unknown_at, updatedAt, lookups }: CallAttemptDoc, time: Time): boolean =>
  time.now().getTime() - (unknown_at ?? updatedAt).getTime() > GIVEN_UP_MS && (lookups?.count ?? 0) >= REFUSALS;

/** One look-up by number and time. The live-contact index lets at most one attempt of a number be in doubt, so a call that no other attempt has is this one's. */
async function lookUp(attempt: CallAttemptDoc, deps: SettleCallsDeps, signal: AbortSignal): Promise<'found' | 'notPlaced' | null> {
  const claimedAt = attempt.claimed_at ?? attempt.createdAt;
  const calls = await deps.telephony
    .findCallsTo(attempt.to_number, { startedAfter: new Date(claimedAt.getTime() - MINUTE) }, signal)
    .catch((error: unknown) => {
      if (error instanceof PermanentlyRefused && wasRefusedLong(attempt, deps.time)) return [];
      throw error;
    });
  for (const call of calls) {
    // The account may have other applications, and people, who call the same customer.
    if (call.from !== deps.fromNumber) continue;
    const owner = await deps.callLogs.findBySid(call.callSid);
    if (owner && !owner.attempt_id?.equals(attempt._id)) continue;
    await report(call, attempt, deps);
    return 'found';
  }
  if (!(await deps.attempts.lookedUpInVain(attempt))) return null;
  await deps.producer.enqueue('retry', { attemptId: attempt._id.toHexString(), traceId: attempt.trace_id });
  return 'notPlaced';
}

/** What Twilio says goes the way of every callback: through the inbox. */
async function report(call: CallSnapshot, attempt: CallAttemptDoc, deps: SettleCallsDeps): Promise<void> {
  const { eventId } = await fileEvent(lookupEvent(call, deps.time.now()), attempt._id, attempt.trace_id, deps.time.now(), deps);
  await enqueueEvent(eventId, attempt.trace_id, deps.producer);
}
