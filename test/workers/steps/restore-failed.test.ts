import { beforeEach, describe, expect, it } from 'vitest';
import type { FailedItem } from '#queues/producer.ts';
import { deterministicId } from '#src/db/deterministic-id.ts';
import { newNotification } from '#src/db/documents/notification.ts';
import type { NotificationDoc } from '#src/db/models/notifications.ts';
import { HOUR, SECOND } from '#src/platform/time.ts';
import { choiceEvent } from '#test/workers/a-call.ts';
import { callSid, recordingSid } from '#test/support/fakes/telephony.ts';
import { TRACE_ID } from '#test/support/makers.ts';
import { setup, type World } from '#test/support/world.ts';
import { hex, passesIn } from '#test/workers/a-pass.ts';
import { restoreFailed } from '#workers/steps/restore-failed.ts';
import { restoreJobs } from '#workers/steps/restore-jobs.ts';

const DAY = 24 * HOUR;

let world: World;
beforeEach(async () => {
  world = await setup();
});

const { reconcile } = passesIn(() => world);
const flush = () => {
  world.producer.flush();
  world.marker.emptied = true;
};
const jobs = () => world.producer.jobs.map(({ id, presence, failedReason, priority }) => [id, presence, failedReason, priority]);
const aCopyGivenUp = (sid: number) =>
  world.aCall({
    state: 'finished',
    call_sid: callSid(sid),
    recording: { state: 'failed', sid: recordingSid(sid), error: 'could not be copied' },
  });
const aMessageGivenUp = () => world.aNotification({ state: 'failed', reason: 'refused' });

describe('what had failed when Redis was emptied', () => {
  it.each([
    ['notification', 'refused', aMessageGivenUp],
    ['recording', 'could not be copied', () => aCopyGivenUp(500)],
    ['transcription', 'not transcribed', () => world.aRecording({ processing_status: 'failed', error_message: 'not transcribed' })],
    [
      'ai-analysis',
      'not analysed',
      () => world.aRecording({ processing_status: 'failed', error_message: 'not analysed', transcription: { text: 'a' } }),
    ],
    ['notification', 'given up before Redis was emptied', () => world.aNotification({ state: 'failed' })],
  ] as const)('%s: is failed again, with the stored reason, and its row is as it was', async (name, reason, make) => {
    const row = await make();
    const before = await Promise.all(['notifications', 'callattempts', 'recordings'].map(world.all));
    flush();
    await reconcile();
    // Behind whatever else waits in its queue.
    expect(jobs()).toEqual([[`${name}-${hex(row)}`, 'failed', reason, 'low']]);
    expect(await Promise.all(['notifications', 'callattempts', 'recordings'].map(world.all))).toEqual(before);
    expect([world.push.sent, world.telephony.dialed, world.telephony.fetched, world.transcriber.heard, world.analyst.read]).toEqual(
      Array.from({ length: 5 }, () => []),
    );
  });

  it('stays away while Redis holds what it was given: an operator may have removed it', async () => {
    await aMessageGivenUp();
    world.time.advance(DAY);
    await reconcile();
    expect(jobs()).toEqual([]);
  });

  it('stays away when BullMQ would have forgotten it by now', async () => {
    await aMessageGivenUp();
    world.time.advance(14 * DAY);
    const younger = await aMessageGivenUp();
    flush();
    await reconcile();
    expect(jobs().map(([id]) => id)).toEqual([`notification-${hex(younger)}`]);
  });

  it('comes after all that is pending, oldest first', async () => {
    const older = await aMessageGivenUp();
    world.time.advance(SECOND);
    const younger = await aMessageGivenUp();
    const pending = await world.aNotification();
    flush();
    await reconcile();
    expect(jobs().map(([id, presence]) => [id, presence])).toEqual([
      [`notification-${hex(pending)}`, 'pending'],
      [`notification-${hex(older)}`, 'failed'],
      [`notification-${hex(younger)}`, 'failed'],
    ]);
  });

  it('is put back in whole by the next pass when one dies half way, each once', async () => {
    const copy = await aCopyGivenUp(500);
    const message = await aMessageGivenUp();
    flush();
    const { enqueueFailed } = world.producer;
    const dying: typeof enqueueFailed = async (name, items) => {
      if (name === 'notification') throw new Error('killed');
      await enqueueFailed(name, items);
    };
    await expect(reconcile({ producer: { ...world.producer, enqueueFailed: dying } })).rejects.toThrow('killed');
    await reconcile();
    await reconcile();
    expect(jobs().map(([id]) => id)).toEqual([`recording-${hex(copy)}`, `notification-${hex(message)}`]);
  });

  it('a job that an operator has taken up meanwhile is left alone', async () => {
    const row = await aMessageGivenUp();
    flush();
    await world.producer.enqueue('notification', { notificationId: hex(row), traceId: TRACE_ID });
    await reconcile();
    expect(jobs()).toEqual([[`notification-${hex(row)}`, 'pending', undefined, 'normal']]);
  });
});

it('reads no more than the 10,000 newest, and puts them back oldest first', async () => {
  const notification = { delivery_id: deterministicId(1), agent_id: deterministicId(1), kind: 'confirmed', title: 't', body: 'b' } as const;
  const rowOf = (n: number): NotificationDoc =>
    newNotification({ ...notification, _id: deterministicId(n), key: `n${n}`, state: 'failed', trace_id: TRACE_ID }, world.time.now());
  let read = 0;
  const none = async function* () {};
  const added: FailedItem<'notification'>[] = [];
  const count = await restoreFailed({
    time: world.time,
    walks: {
      failedCopies: none,
      failedRecordings: none,
      async *failedNotifications() {
        for (;;) yield Array.from({ length: 999 }, () => rowOf((read += 1)));
      },
    },
    producer: { enqueueFailed: async (_name, items) => void added.push(...(items as typeof added)) },
  });
  expect(count).toBe(10_000);
  expect(read).toBe(11 * 999);
  const ids = added.map(({ payload }) => payload.notificationId);
  expect([ids.length, ids[0], ids.at(-1)]).toEqual([10_000, deterministicId(10_000).toHexString(), deterministicId(1).toHexString()]);
});

describe('work whose job had failed for good and whose row stayed pending, when Redis was emptied', () => {
  it.each([
    ['call', () => world.aPlannedAttempt()],
    [
      'call-event',
      async () => {
        const call = await world.aCall();
        return world.anEvent(choiceEvent(call.call_sid ?? '', '1'), call);
      },
    ],
    ['retry', () => world.anEndedAttempt('busy')],
    ['recording', () => world.aCall({ state: 'finished', recording: { state: 'pending', sid: recordingSid(500) } })],
    ['transcription', () => world.aRecording()],
    ['ai-analysis', () => world.aRecording({ transcription: { text: 'a' } })],
    ['notification', () => world.aNotification()],
  ] as const)('is pending again: %s', async (name, make) => {
    await make();
    world.time.advance(6 * SECOND);
    await restoreJobs(world.deps);
    world.producer.finish('failed');
    const [before] = world.producer.jobs;
    flush();
    expect(await restoreJobs(world.deps)).toEqual({ enqueued: 1, failed: 0, failedAgain: 0 });
    expect(world.producer.jobs).toEqual([{ ...before, name, presence: 'pending' }]);
  });
});

it('after a loss also the youngest work gets a job: its own may have been lost, and its run may give it up after this pass', async () => {
  const row = await world.aNotification();
  await reconcile();
  expect(jobs()).toEqual([]);
  flush();
  await reconcile();
  expect(jobs().map(([id, presence]) => [id, presence])).toEqual([[`notification-${hex(row)}`, 'pending']]);
});
