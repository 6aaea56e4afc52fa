import { catalogue, type QueueName } from '#queues/catalogue.ts';
import { MOST_FAILED_KEPT } from '#queues/define-queue.ts';
import type { FailedItem, Producer } from '#queues/producer.ts';
import type { RecordingDoc } from '#src/db/models/recordings.ts';
import type { Walk, WorkWalks } from '#src/db/repositories/work-walks.ts';
import { DAY, type Time } from '#src/platform/time.ts';
import { attemptItem, isTranscribed, notificationItem, recordingItem } from './job-items.ts';

export interface RestoreFailedDeps {
  walks: Pick<WorkWalks, 'failedNotifications' | 'failedCopies' | 'failedRecordings'>;
  producer: Pick<Producer, 'enqueueFailed'>;
  time: Time;
}

/**
 * After a loss of Redis: what was given up stands among the failed jobs again, with its stored reason, for an operator to retry. Nothing of it
 * is done by itself: a driver would get news that is days old. Only what BullMQ would still keep. Returns how many; those that BullMQ
 * holds a job of are counted, too, and left as they are.
 */
export async function restoreFailed({ walks, producer, time }: RestoreFailedDeps): Promise<number> {
  const kept = (name: QueueName) => new Date(time.now().getTime() - time.span(catalogue[name].keep.failedDays * DAY));
  const put = async <Name extends QueueName>(name: Name, items: FailedItem<Name>[]): Promise<number> => {
    await producer.enqueueFailed(name, items);
    return items.length;
  };
  const recordings = (transcribed: boolean, after: Date) =>
    newest(walks.failedRecordings(after), (recording) => isTranscribed(recording) === transcribed, failedRecording);

  return (
    (await put(
      'recording',
      await newest(walks.failedCopies(kept('recording')), any, (attempt) => ({
        payload: attemptItem(attempt).payload,
        reason: attempt.recording?.error ?? NO_REASON,
      })),
    )) +
    (await put('transcription', await recordings(false, kept('transcription')))) +
    (await put('ai-analysis', await recordings(true, kept('ai-analysis')))) +
    (await put(
      'notification',
      await newest(walks.failedNotifications(kept('notification')), any, (row) => ({
        payload: notificationItem(row).payload,
        reason: row.reason ?? NO_REASON,
      })),
    ))
  );
}

const NO_REASON = 'given up before Redis was emptied';

const any = () => true;

const failedRecording = (recording: RecordingDoc) => ({
  payload: recordingItem(recording).payload,
  reason: recording.error_message ?? NO_REASON,
});

/** Oldest first, as they had failed: BullMQ shows and forgets them in that order. */
async function newest<Doc, Made>(walk: Walk<Doc>, wanted: (doc: Doc) => boolean, make: (doc: Doc) => Made): Promise<Made[]> {
  const made: Made[] = [];
  for await (const page of walk) {
    made.push(...page.filter(wanted).map(make));
    if (made.length >= MOST_FAILED_KEPT) break;
  }
  return made.slice(0, MOST_FAILED_KEPT).toReversed();
}
