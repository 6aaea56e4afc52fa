import { isDetected, projectAnsweredBy } from './answered-by.ts';
import type { CallEvent } from './call-event.ts';
import { canonical } from './canonical.ts';
import { projectChoice } from './choice.ts';
import { projectFailure, type FailureMeaning } from './failure.ts';
import { projectOutcome } from './outcome.ts';
import type { CallProjection } from './projection.ts';
import { projectRecording } from './recording.ts';
import { endings, projectStatus } from './status.ts';
import { projectTimes } from './times.ts';

export interface ProjectionOptions {
  /** How long after its end a call waits for the words who answered and which key was pressed, in milliseconds. Default: 10 seconds. */
  graceMs?: number;
  /** Of the provider's error code for a call that failed. Default: no code says more than that. */
  meaningOfCode?: (code: string) => FailureMeaning | undefined;
}

const GRACE_MS = 10_000;
/** As many as the seed's documents keep. */
const KEPT_EVENTS = 50;

/**
 * How a call stands, drawn from all events that are known of it. The events are a set: their order and copies of them change nothing.
 * More events only ever move the call on. `now` matters for a call that is over while a word of it may still come. Never throws.
 */
export function projectCall(
  events: readonly CallEvent[],
  now: Date,
  { graceMs = GRACE_MS, meaningOfCode }: ProjectionOptions = {},
): CallProjection {
  const known = canonical(events);
  const ends = endings(known);
  const stand = projectStatus(known, ends[0]);
  const times = projectTimes(known, ends);
  const answeredBy = projectAnsweredBy(known);
  const choice = projectChoice(known);
  const recording = projectRecording(known, choice, ends.length > 0);
  const failed = projectFailure(ends);
  const failure = failed.errorCode === undefined ? undefined : meaningOfCode?.(failed.errorCode);
  const heard = { ...(answeredBy === undefined ? {} : { answeredBy }), ...(choice ? { choice } : {}) };
  return {
    callSid: known[0]?.callSid ?? '',
    ...stand,
    ...times,
    ...heard,
    ...(recording ? { recording } : {}),
    ...projectOutcome({ ...stand, ...times, ...heard, detected: isDetected(known), failure }, now, graceMs),
    ...failed,
    webhookEvents: known.slice(-KEPT_EVENTS).map(({ kind, occurredAt, data }) => ({ event: kind, timestamp: occurredAt, data })),
    eventCount: known.length,
  };
}
