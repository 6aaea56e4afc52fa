import type { Producer } from '#queues/producer.ts';
import type { CallAttemptDoc } from '#src/db/models/callattempts.ts';
import type { AttemptLookups } from '#src/db/repositories/attempts/lookups.ts';
import type { WorkLists } from '#src/db/repositories/work-lists.ts';
import type { CallEvent } from '#src/domain/call-events/call-event.ts';
import { recordingEvent } from '#src/domain/call-events/recording-event.ts';
import { enqueueEvent, fileEvent, type FileEventDeps } from '#src/pipeline/file-event.ts';
import { MINUTE, type Time } from '#src/platform/time.ts';
import { PermanentlyRefused } from '#src/providers/errors.ts';
import type { Telephony } from '#src/providers/telephony.ts';
import type { RunContext } from '../processor.ts';
import { askAboutEach } from './ask-about-each.ts';

export interface FindRecordingsDeps extends FileEventDeps {
  attempts: Pick<AttemptLookups, 'lookedUp'>;
  lists: Pick<WorkLists, 'recordingsExpected'>;
  producer: Pick<Producer, 'enqueue'>;
  telephony: Pick<Telephony, 'listRecordings'>;
  time: Time;
}

/** Twilio announces a recording within seconds of the call's end; after this it is asked, and after longer there is none. In the clock's milliseconds. */
const ASK_AFTER_MS = 2 * MINUTE;
const ABSENT_AFTER_MS = 10 * MINUTE;
const SETTLED = ['completed', 'absent'];
const PAGE = 100;

/** Finds recordings that the customer left and Twilio never announced. What is found goes through the inbox like a callback. */
export async function findRecordings(deps: FindRecordingsDeps, context: Pick<RunContext, 'log' | 'signal'>): Promise<number> {
  const { attempts, lists, time } = deps;
  const waiting = await lists.recordingsExpected(new Date(time.now().getTime() - ASK_AFTER_MS), PAGE);
  let filed = 0;
  const lookUp = async (attempt: CallAttemptDoc) => {
    const event = await whatBecameOf(attempt, deps, context.signal);
    // To the end of the line, whatever the answer.
    await attempts.lookedUp(attempt);
    if (!event) return;
    const { eventId } = await fileEvent(event, attempt._id, attempt.trace_id, time.now(), deps);
    await enqueueEvent(eventId, attempt.trace_id, deps.producer);
    filed += 1;
  };
  await askAboutEach(waiting, lookUp, (attempt) => attempts.lookedUp(attempt), context);
  return filed;
}

async function whatBecameOf(
  attempt: CallAttemptDoc,
  { telephony, time }: FindRecordingsDeps,
  signal: AbortSignal,
): Promise<CallEvent | null> {
  if (!attempt.call_sid) return null;
  const now = time.now();
  const [newest] = await telephony.listRecordings(attempt.call_sid, signal).catch((error: unknown) => {
    // What Twilio will never list, there will never be.
    if (error instanceof PermanentlyRefused) return [];
    throw error;
  });
  if (newest && SETTLED.includes(newest.status)) return recordingEvent(attempt.call_sid, newest, now);
  const finished = (attempt.finished_at ?? attempt.updatedAt).getTime();
  return now.getTime() - finished > ABSENT_AFTER_MS ? recordingEvent(attempt.call_sid, null, now) : null;
}
