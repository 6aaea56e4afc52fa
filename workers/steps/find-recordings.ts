import type { Producer } from '#queues/producer.ts';
import type { WorkLists } from '#src/db/repositories/work-lists.ts';
import type { CallEvent } from '#src/domain/call-events/call-event.ts';
import { recordingEvent } from '#src/domain/call-events/recording-event.ts';
import { enqueueEvent, fileEvent, type FileEventDeps } from '#src/pipeline/file-event.ts';
import { MINUTE, type Time } from '#src/platform/time.ts';
import type { Telephony } from '#src/providers/telephony.ts';
import { unlessRefused } from './unless-refused.ts';

export interface FindRecordingsDeps extends FileEventDeps {
  lists: Pick<WorkLists, 'recordingsToCopy'>;
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
export async function findRecordings(deps: FindRecordingsDeps, signal: AbortSignal): Promise<number> {
  const now = deps.time.now();
  const waiting = await deps.lists.recordingsToCopy(new Date(now.getTime() - ASK_AFTER_MS), PAGE);
  let filed = 0;
  for (const attempt of waiting) {
    if (attempt.recording?.state !== 'expected' || !attempt.call_sid) continue;
    const finished = (attempt.finished_at ?? attempt.updatedAt).getTime();
    const [newest] = (await unlessRefused(deps.telephony.listRecordings(attempt.call_sid, signal))) ?? [];
    const settled = newest && SETTLED.includes(newest.status);
    const event: CallEvent | null = settled
      ? recordingEvent(attempt.call_sid, newest, now)
      : now.getTime() - finished > ABSENT_AFTER_MS
        ? recordingEvent(attempt.call_sid, null, now)
        : null;
    if (!event) continue;
    const { eventId } = await fileEvent(event, attempt._id, attempt.trace_id, now, deps);
    await enqueueEvent(eventId, attempt.trace_id, deps.producer);
    filed += 1;
  }
  return filed;
}
