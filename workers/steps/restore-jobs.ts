import type { QueueName } from '#queues/catalogue.ts';
import type { Producer, Item } from '#queues/producer.ts';
import type { AttemptProgress } from '#src/db/repositories/attempts/progress.ts';
import type { AttemptStore } from '#src/db/repositories/attempts/store.ts';
import type { WorkWalks } from '#src/db/repositories/work-walks.ts';
import type { QueueMarker } from '#src/platform/queue-marker.ts';
import { SECOND, type Time } from '#src/platform/time.ts';
import { attemptItem, callItem, eventItem, isTranscribed, notificationItem, recordingItem } from './job-items.ts';
import { restoreFailed } from './restore-failed.ts';
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
  /** Jobs that had failed before Redis was emptied, and stand among the failed again. Absent when it was not. */
  failedAgain?: number;
}

/** Work younger than this, in real milliseconds, is being enqueued by whoever wrote it. */
const GRACE_MS = 5 * SECOND;

/** Gives every piece of pending work a job, if it has none. After a loss of Redis that includes attempts that are due much later, and the failed get theirs back. */
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

  const loss = await marker.begin();
  // Whoever wrote the youngest may have enqueued it before the loss; and what is under way may be given up without its job, after this pass.
  const before = loss !== null ? END_OF_TIME : new Date(time.now().getTime() - time.span(GRACE_MS));
  for await (const page of walks.planned(before))
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
  if (loss !== null) {
    // Last: pending work does not wait for it.
    total.failedAgain = await restoreFailed(deps);
    await marker.complete(loss);
  }
  return total;
}

const END_OF_TIME = new Date(8.64e15);

/** A call's job that finished without the attempt having moved gets a new id by a new generation, which is stored first. */
async function reopen(item: Item<'call'>, { attempts }: RestoreJobsDeps): Promise<Item<'call'> | null> {
  const attempt = await attempts.find(item.payload.attemptId);
  if (!attempt || !(await attempts.nextGeneration(attempt._id, item.payload.generation))) return null;
  return { ...item, payload: { ...item.payload, generation: item.payload.generation + 1 } };
}
