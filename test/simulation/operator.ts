import { catalogue, type QueueName } from '#queues/catalogue.ts';
import type { QueueContract } from '#queues/define-queue.ts';
import { SECOND } from '#src/platform/time.ts';
import type { SimQueue } from './queue.ts';
import type { World } from './world.ts';

const TRACE_ID = 'e'.repeat(32);

/** Replays, as from Bull Board, what has failed for good; the number of jobs. */
export function replayFailed(queue: SimQueue, { counter }: World): number {
  // The clock's next tick does the work of a reconcile that failed.
  const failed = [...queue.jobs.values()].filter(({ state, name }) => state === 'failed' && name !== 'reconcile');
  for (const job of failed) {
    counter.add('jobs replayed by an operator');
    job.attemptsMade = 0;
    queue.requeue(job, SECOND);
  }
  return failed.length;
}

/**
 * Gives a new job to what the documents call failed while the job has ended well: of two runs at once the one that holds the lock may do so
 * while the other gives up. The number of jobs. P5: every other failure has its failed job, once reconcile has filled an emptied Redis; but
 * not one whose job was removed while it ran, since a Redis that still has its marker is believed to have lost nothing.
 */
export function replayForgotten(queue: SimQueue, { counter, store, fail }: World): number {
  if (!queue.isFilled()) return 0;
  let added = 0;
  const add = (name: QueueName, payload: object) => {
    const id = (catalogue[name] as QueueContract).key(payload as Record<string, unknown>);
    if (!queue.jobs.delete(id) && !queue.wasLost(id)) fail(`P5: ${id} failed and is not among the failed`);
    counter.add('failed work whose job had ended well');
    queue.add(name, payload);
    added += 1;
  };
  const id = (doc: { _id: { toString(): string } }) => String(doc._id);
  for (const doc of store.notifications.filter(({ state }) => state === 'failed'))
    add('notification', { notificationId: id(doc), traceId: TRACE_ID });
  for (const doc of store.attempts.filter(({ recording }) => recording?.state === 'failed'))
    add('recording', { attemptId: id(doc), traceId: TRACE_ID });
  for (const doc of store.recordings.filter(({ processing_status }) => processing_status === 'failed'))
    add(doc.transcription.text === undefined ? 'transcription' : 'ai-analysis', { recordingId: id(doc), traceId: TRACE_ID });
  return added;
}
