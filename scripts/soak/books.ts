import { setTimeout } from 'node:timers/promises';
import { gather, type Scene } from '#scripts/demo/check/check.ts';
import type { CallSeen, Evidence, PushSeen, Rule, Submitted, Violation } from '#scripts/demo/check/evidence.ts';
import { attemptIdOf, namer } from '#scripts/demo/check/look-up.ts';
import { oneCallAnAttempt } from '#scripts/demo/check/rules/calls.ts';
import { endingsAgree } from '#scripts/demo/check/rules/endings.ts';
import { instructionsOnce } from '#scripts/demo/check/rules/instructions.ts';
import { nothingLeftOver } from '#scripts/demo/check/rules/leftovers.ts';
import { nextTimeIsKept } from '#scripts/demo/check/rules/next-time.ts';
import { neverAgain } from '#scripts/demo/check/rules/opt-outs.ts';
import { driversWereTold } from '#scripts/demo/check/rules/pushes.ts';
import { nobodyInQuietHours } from '#scripts/demo/check/rules/quiet-hours.ts';
import { recordingsAreWhole } from '#scripts/demo/check/rules/recordings.ts';
import { submittedOnce } from '#scripts/demo/check/rules/submitted.ts';

/** What must hold whatever has failed. */
const LEDGER: readonly Rule[] = [submittedOnce, oneCallAnAttempt, nextTimeIsKept, neverAgain, nobodyInQuietHours];
/** What must hold besides, as long as every callback and every answer of the providers arrives in the end. */
const WHOLE_STORY: readonly Rule[] = [endingsAgree, recordingsAreWhole, instructionsOnce, driversWereTold, nothingLeftOver];

export interface Books {
  submitted: number;
  /** Accepted with 2xx, and not there or without an ending. */
  lost: string[];
  /** Calls that should not be: a second one of an attempt, or one while the same phone was ringing already. */
  doubled: string[];
  attempts: number;
  /** Attempts of the ledger that name a call. */
  withCall: number;
  /** Calls in the simulator's log. */
  calls: number;
  rejected: number;
  notPlaced: number;
  /** Pushes that repeated an earlier one: same driver, same words. A push service shows one. */
  repeatedPushes: number;
  /** Jobs that an operator would have to look at. */
  failedJobs: string[];
  /** Attempts of no delivery: of a submission that lost a race with its own repetition. The product lets go of each after 30 s. */
  orphans: string[];
  /** Whatever else the two accounts do not agree on. */
  violations: Violation[];
  evidence: Evidence;
}

/**
 * The books, from MongoDB and the simulator's log, by code that shares nothing with the product. For the end of a run: every delivery
 * must have its ending by then.
 */
async function readBooks(submitted: readonly Submitted[], scene: Scene): Promise<Books> {
  const seen = await gather(submitted, scene);
  const pushes = withoutRepetitions(seen.pushes);
  const evidence = { ...seen, pushes };
  const { attempts, calls, jobs } = evidence;
  return {
    submitted: submitted.length,
    lost: lost(evidence),
    doubled: [...twice(evidence), ...overlapping(evidence)],
    attempts: attempts.length,
    withCall: attempts.filter(({ call_sid }) => call_sid !== undefined).length,
    calls: calls.length,
    rejected: attempts.filter(({ state }) => state === 'rejected').length,
    notPlaced: attempts.filter(({ state }) => state === 'not_placed').length,
    repeatedPushes: seen.pushes.length - pushes.length,
    failedJobs: jobs.filter(({ state }) => state === 'failed').map(({ queue, id }) => `${queue} ${id}`),
    orphans: orphans(evidence),
    violations: [...LEDGER, ...WHOLE_STORY].flatMap((rule) => rule(evidence)),
    evidence,
  };
}

/** An attempt of no delivery is let go of 30 s after it was found, and found within 25. */
const LOOKS = 75;
const LOOK_EVERY_MS = 1000;

/** The books; what is still being closed is waited for. */
export async function lastingBooks(submitted: readonly Submitted[], scene: Scene): Promise<Books> {
  for (let looks = 1; ; looks += 1) {
    const books = await readBooks(submitted, scene);
    if (complaints(books).length === 0 || looks === LOOKS) return books;
    await setTimeout(LOOK_EVERY_MS);
  }
}

/** What makes the books wrong, in words; empty when they are right. */
export const complaints = ({ lost, doubled, withCall, calls, orphans, violations }: Books): string[] => [
  ...lost.map((each) => `lost: ${each}`),
  ...doubled.map((each) => `called twice: ${each}`),
  ...(withCall === calls ? [] : [`${withCall} attempts name a call, but there were ${calls} calls`]),
  ...orphans,
  ...violations.map(({ delivery, what }) => `${delivery} ${what}`),
];

function lost({ submitted, deliveries }: Evidence): string[] {
  const states = new Map(deliveries.map(({ _id, contact }) => [_id.toHexString(), contact.state]));
  return submitted.flatMap(({ externalId, deliveryId }) => {
    const state = states.get(deliveryId);
    if (state === undefined) return [`${externalId} is not there`];
    return state === 'pending' || state === 'contacting' ? [`${externalId} is ${state}`] : [];
  });
}

function orphans({ deliveries, attempts }: Evidence): string[] {
  const known = new Set(deliveries.map(({ _id }) => _id.toHexString()));
  return attempts
    .filter(({ delivery_id }) => !known.has(delivery_id.toHexString()))
    .map(({ _id, state }) => `attempt ${_id.toHexString()} of no delivery is ${state}`);
}

function twice(evidence: Evidence): string[] {
  return [...Map.groupBy(evidence.calls, attemptIdOf)]
    .filter(([, calls]) => calls.length > 1)
    .map(([id, calls]) => `attempt ${id}: ${calls.length} calls`);
}

/** Times are compared as they are written: ISO 8601, UTC. */
function overlapping(evidence: Evidence): string[] {
  const nameOf = namer(evidence);
  const deliveryOf = new Map(evidence.attempts.map(({ _id, delivery_id }) => [_id.toHexString(), delivery_id.toHexString()]));
  const name = (call: CallSeen) => nameOf(deliveryOf.get(attemptIdOf(call)) ?? '');
  return [...Map.groupBy(evidence.calls, ({ to }) => to).values()].flatMap((calls) => {
    const ordered = calls.toSorted((a, b) => (a.createdAt < b.createdAt ? -1 : 1));
    return ordered.slice(1).flatMap((call, index) => {
      const before = ordered[index];
      if (!before || (before.endedAt !== null && before.endedAt <= call.createdAt)) return [];
      return [`${name(call)} was called while ${name(before)} was on the same phone`];
    });
  });
}

/** A push whose sender died before it was written down goes out again under the same topic, which replaces the first. */
function withoutRepetitions(pushes: readonly PushSeen[]): PushSeen[] {
  const taken = pushes.filter(({ status }) => status === 201);
  return [...new Map(taken.map((push) => [`${push.label} ${push.deliveryId} ${push.kind} ${push.title} ${push.body}`, push])).values()];
}
