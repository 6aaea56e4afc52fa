import type { Producer, Item } from '#queues/producer.ts';
import type { CallAttemptDoc } from '#src/db/models/callattempts.ts';
import type { AttemptProgress } from '#src/db/repositories/attempts/progress.ts';
import type { AttemptStore } from '#src/db/repositories/attempts/store.ts';
import type { WorkLists } from '#src/db/repositories/work-lists.ts';
import type { QueueMarker } from '#src/platform/queue-marker.ts';
import { SECOND, type Time } from '#src/platform/time.ts';
import { restore } from './restore.ts';

export interface RestoreJobsDeps {
  attempts: Pick<AttemptStore, 'find'> & Pick<AttemptProgress, 'nextGeneration'>;
  lists: WorkLists;
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
const PAGE = 1000;

/** Gives every piece of pending work a job, if it has none. After a loss of Redis that includes attempts that are due much later. */
export async function restoreJobs(deps: RestoreJobsDeps): Promise<RestoredJobs> {
  const { lists, producer, marker, time } = deps;
  const total: RestoredJobs = { enqueued: 0, failed: 0 };
  const add = ({ enqueued, failed }: RestoredJobs) => {
    total.enqueued += enqueued;
    total.failed += failed;
  };
  const before = new Date(time.now().getTime() - time.span(GRACE_MS));

  const lost = await marker.begin();
  for await (const page of plannedAttempts(lost ? END_OF_TIME : before, lists)) {
    add(
      await restore(
        'call',
        page.map((attempt) => callItem(attempt, time)),
        producer,
        (item) => reopen(item, deps),
      ),
    );
  }
  const events = await lists.events(before, PAGE);
  add(
    await restore(
      'call-event',
      events.map(({ _id, trace_id = NO_TRACE }) => ({ payload: { eventId: _id.toHexString(), traceId: trace_id } })),
      producer,
    ),
  );
  const followUps = await lists.followUps(before, PAGE);
  add(await restore('retry', followUps.map(attemptItem), producer));
  const toCopy = (await lists.recordingsToCopy(before, PAGE)).filter(({ recording }) => recording?.state === 'pending');
  add(await restore('recording', toCopy.map(attemptItem), producer));

  const recordings = await lists.recordingsToProcess(before, PAGE);
  const item = ({ _id, trace_id = NO_TRACE }: (typeof recordings)[number]) => ({
    payload: { recordingId: _id.toHexString(), traceId: trace_id },
  });
  const transcribed = (recording: (typeof recordings)[number]) => recording.transcription.text !== undefined;
  add(await restore('transcription', recordings.filter((recording) => !transcribed(recording)).map(item), producer));
  add(await restore('ai-analysis', recordings.filter(transcribed).map(item), producer));

  const notifications = await lists.notifications(before, PAGE);
  add(
    await restore(
      'notification',
      notifications.map(({ _id, trace_id = NO_TRACE }) => ({ payload: { notificationId: _id.toHexString(), traceId: trace_id } })),
      producer,
    ),
  );
  await marker.complete();
  return total;
}

const END_OF_TIME = new Date(8.64e15);
const NO_TRACE = '0'.repeat(32);

async function* plannedAttempts(dueBefore: Date, lists: WorkLists): AsyncGenerator<CallAttemptDoc[]> {
  let page = await lists.planned(dueBefore, PAGE);
  while (page.length > 0) {
    yield page;
    page = page.length < PAGE ? [] : await lists.planned(dueBefore, PAGE, page.at(-1));
  }
}

const callItem = ({ _id, generation, trace_id = NO_TRACE, priority, due_at }: CallAttemptDoc, time: Time): Item<'call'> => ({
  payload: { attemptId: _id.toHexString(), generation, traceId: trace_id },
  priority,
  delayMs: time.until(due_at),
});

const attemptItem = ({ _id, trace_id = NO_TRACE, priority }: CallAttemptDoc): Item<'retry'> => ({
  payload: { attemptId: _id.toHexString(), traceId: trace_id },
  priority,
});

/** A call's job that finished without the attempt having moved gets a new id by a new generation, which is stored first. */
async function reopen(item: Item<'call'>, { attempts }: RestoreJobsDeps): Promise<Item<'call'> | null> {
  const attempt = await attempts.find(item.payload.attemptId);
  if (!attempt || !(await attempts.nextGeneration(attempt._id, item.payload.generation))) return null;
  return { ...item, payload: { ...item.payload, generation: item.payload.generation + 1 } };
}
