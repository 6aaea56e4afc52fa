import type { QueueName } from '#queues/catalogue.ts';
import type { Producer, Item } from '#queues/producer.ts';
import type { CallAttemptDoc } from '#src/db/models/callattempts.ts';
import type { NotificationDoc } from '#src/db/models/notifications.ts';
import type { RecordingDoc } from '#src/db/models/recordings.ts';
import type { WebhookEventDoc } from '#src/db/models/webhookevents.ts';
import type { AttemptProgress } from '#src/db/repositories/attempts/progress.ts';
import type { AttemptStore } from '#src/db/repositories/attempts/store.ts';
import type { WorkWalks } from '#src/db/repositories/work-walks.ts';
import type { QueueMarker } from '#src/platform/queue-marker.ts';
import { SECOND, type Time } from '#src/platform/time.ts';
import { restore } from './restore.ts';

export interface RestoreJobsDeps {
  attempts: Pick<AttemptStore, 'find'> & Pick<AttemptProgress, 'nextGeneration'>;
  walks: Omit<WorkWalks, 'withoutAttempt'>;
  producer: Producer;
  marker: QueueMarker;
  time: Time;
}

export interface RestoredJobs {
  enqueued: number;
  failed: number;
}

/** Work younger than this, in real milliseconds, is being enqueued by whoever wrote it. */
const GRACE_MS = 5 * SECOND;

/** Gives every piece of pending work a job, if it has none. After a loss of Redis that includes attempts that are due much later. */
export async function restoreJobs(deps: RestoreJobsDeps): Promise<RestoredJobs> {
  const { walks, producer, marker, time } = deps;
  const total: RestoredJobs = { enqueued: 0, failed: 0 };
  const give = async <Name extends QueueName>(
    name: Name,
    items: Item<Name>[],
    reopen?: (item: Item<Name>) => Promise<Item<Name> | null>,
  ) => {
    const { enqueued, failed } = await restore(name, items, producer, reopen);
    total.enqueued += enqueued;
    total.failed += failed;
  };
  const before = new Date(time.now().getTime() - time.span(GRACE_MS));

  const lost = await marker.begin();
  for await (const page of walks.planned(lost ? END_OF_TIME : before))
    await give(
      'call',
      page.map((attempt) => callItem(attempt, time)),
      (item) => reopen(item, deps),
    );
  for await (const page of walks.events(before)) await give('call-event', page.map(eventItem));
  for await (const page of walks.followUps(before)) await give('retry', page.map(attemptItem));
  for await (const page of walks.recordingsToCopy(before)) await give('recording', page.map(attemptItem));
  for await (const page of walks.recordingsToProcess(before)) {
    await give('transcription', page.filter((recording) => !isTranscribed(recording)).map(recordingItem));
    await give('ai-analysis', page.filter(isTranscribed).map(recordingItem));
  }
  for await (const page of walks.notifications(before)) await give('notification', page.map(notificationItem));
  await marker.complete();
  return total;
}

const END_OF_TIME = new Date(8.64e15);
const NO_TRACE = '0'.repeat(32);

const callItem = ({ _id, generation, trace_id = NO_TRACE, priority, due_at }: CallAttemptDoc, time: Time): Item<'call'> => ({
  payload: { attemptId: _id.toHexString(), generation, traceId: trace_id },
  priority,
  delayMs: time.until(due_at),
});

const attemptItem = ({ _id, trace_id = NO_TRACE, priority }: CallAttemptDoc): Item<'retry'> => ({
  payload: { attemptId: _id.toHexString(), traceId: trace_id },
  priority,
});

const eventItem = ({ _id, trace_id = NO_TRACE }: WebhookEventDoc): Item<'call-event'> => ({
  payload: { eventId: _id.toHexString(), traceId: trace_id },
});

const isTranscribed = ({ transcription }: RecordingDoc): boolean => transcription.text !== undefined;

const recordingItem = ({ _id, trace_id = NO_TRACE }: RecordingDoc): Item<'transcription'> => ({
  payload: { recordingId: _id.toHexString(), traceId: trace_id },
});

const notificationItem = ({ _id, trace_id = NO_TRACE }: NotificationDoc): Item<'notification'> => ({
  payload: { notificationId: _id.toHexString(), traceId: trace_id },
});

/** A call's job that finished without the attempt having moved gets a new id by a new generation, which is stored first. */
async function reopen(item: Item<'call'>, { attempts }: RestoreJobsDeps): Promise<Item<'call'> | null> {
  const attempt = await attempts.find(item.payload.attemptId);
  if (!attempt || !(await attempts.nextGeneration(attempt._id, item.payload.generation))) return null;
  return { ...item, payload: { ...item.payload, generation: item.payload.generation + 1 } };
}
