import { beforeEach, describe, expect, it } from 'vitest';
import { createWorkWalks } from '#src/db/repositories/work-walks.ts';
import { HOUR, MINUTE, SECOND } from '#src/platform/time.ts';
import { ProviderDown } from '#src/providers/errors.ts';
import { recordingSid } from '#test/support/fakes/telephony.ts';
import { setup, type World } from '#test/support/world.ts';
import { restoreJobs } from '#workers/steps/restore-jobs.ts';
import { choiceEvent } from '../a-call.ts';
import { hex, passesIn } from '../a-pass.ts';

let world: World;
beforeEach(async () => {
  world = await setup();
});
const { reconcile, later } = passesIn(() => world);

describe('after a loss of Redis', () => {
  /** One of every kind of pending work, and finished work beside it. */
  async function everything() {
    const due_at = new Date(world.time.now().getTime() + HOUR);
    const now = await world.aPlannedAttempt({ priority: 'urgent' });
    const soon = await world.aPlannedAttempt({ due_at, priority: 'low', generation: 3 });
    const live = await world.aCall();
    const event = await world.anEvent(choiceEvent(live.call_sid ?? '', '1'), live);
    const ended = await world.anEndedAttempt('busy', { priority: 'high' });
    const toCopy = await world.aCall({ state: 'finished', outcome: 'instructed', recording: { state: 'pending', sid: recordingSid(500) } });
    const toTranscribe = await world.aRecording();
    const toAnalyse = await world.aRecording({ processing_status: 'processing', transcription: { text: '' } });
    const toSend = await world.aNotification();
    const sending = await world.aNotification({ state: 'sending', claimed_at: world.time.now(), epoch: 1 });
    await world.aPlannedAttempt({ state: 'finished', outcome: 'not_permitted' });
    await world.anEndedAttempt('busy', { follow_up: 'done' });
    await world.aRecording({ processing_status: 'completed', transcription: { text: 'a' } });
    await world.aNotification({ state: 'sent' });
    const jobs = [
      `call-${hex(now)}-g1`,
      `call-${hex(soon)}-g3`,
      `call-event-${hex(event)}`,
      `retry-${hex(ended)}`,
      `recording-${hex(toCopy)}`,
      `transcription-${hex(toTranscribe)}`,
      `ai-analysis-${hex(toAnalyse)}`,
      `notification-${hex(toSend)}`,
      `notification-${hex(sending)}`,
    ];
    return { now, soon, ended, jobs };
  }

  it('every kind of pending work gets its job back, and nothing else, at its time and with its priority', async () => {
    const { now, soon, ended, jobs } = await everything();
    world.marker.emptied = true;
    await later(6 * SECOND);
    expect(world.producer.ids().toSorted()).toEqual(jobs.toSorted());
    const jobOf = (id: string) => world.producer.jobs.find((job) => job.id === id);
    expect(jobOf(`call-${hex(now)}-g1`)).toMatchObject({ priority: 'urgent', delayMs: 0 });
    expect(jobOf(`call-${hex(soon)}-g3`)).toMatchObject({ priority: 'low', delayMs: HOUR - 6 * SECOND });
    expect(jobOf(`retry-${hex(ended)}`)).toMatchObject({ priority: 'high' });
    expect(world.marker.emptied).toBe(false);
  });

  it('a second pass adds nothing', async () => {
    await everything();
    world.marker.emptied = true;
    await later(6 * SECOND);
    const before = [...world.producer.jobs];
    await later(SECOND);
    expect(world.producer.jobs).toEqual(before);
    expect(world.telephony.dialed).toEqual([]);
  });

  it('while Twilio is away it gives them back all the same', async () => {
    const { jobs } = await everything();
    await world.aPlannedAttempt({ state: 'unknown', epoch: 1, claimed_at: world.time.now(), unknown_at: world.time.now() });
    world.telephony.failure = new ProviderDown('telephony');
    world.marker.emptied = true;
    world.time.advance(6 * SECOND);
    expect(await reconcile()).toEqual({ kind: 'done' });
    expect(world.producer.ids().toSorted()).toEqual(jobs.toSorted());
  });

  it('work that was written this moment is left to its writer', async () => {
    await world.anEndedAttempt('busy');
    await world.aNotification();
    await reconcile();
    expect(world.producer.ids()).toEqual([]);
  });
});

describe('jobs that BullMQ still keeps', () => {
  it('a call’s finished job is opened anew under the next generation, which the attempt knows', async () => {
    const attempt = await world.aPlannedAttempt();
    await later(6 * SECOND);
    world.producer.finish('completed');
    await later(SECOND);
    expect(await world.attemptNow(attempt)).toMatchObject({ generation: 2 });
    expect(world.producer.ids('call')).toEqual([`call-${hex(attempt)}-g1`, `call-${hex(attempt)}-g2`]);
    await later(SECOND);
    expect(world.producer.ids('call')).toHaveLength(2);
  });

  it('any other finished job is forgotten and added again', async () => {
    const row = await world.aNotification();
    await later(6 * SECOND);
    world.producer.finish('completed');
    await later(SECOND);
    expect(world.producer.jobs).toMatchObject([{ id: `notification-${hex(row)}`, presence: 'pending' }]);
  });

  it('a failed one stays as the operator must see it', async () => {
    const attempt = await world.aPlannedAttempt();
    await world.aNotification();
    await later(6 * SECOND);
    world.producer.finish('failed');
    await later(MINUTE);
    expect(world.producer.jobs.map(({ presence }) => presence)).toEqual(['failed', 'failed']);
    expect(await world.attemptNow(attempt)).toMatchObject({ state: 'planned', generation: 1 });
  });
});

describe('what cannot be run', () => {
  const anEvent = async () => {
    const call = await world.aCall();
    return world.anEvent(choiceEvent(call.call_sid ?? '', '1'), call);
  };
  it.each([
    ['call', () => world.aPlannedAttempt()],
    ['call-event', anEvent],
    ['retry', () => world.anEndedAttempt('busy')],
    ['recording', () => world.aCall({ state: 'finished', recording: { state: 'pending', sid: recordingSid(500) } })],
    ['transcription', () => world.aRecording()],
    ['ai-analysis', () => world.aRecording({ transcription: { text: 'a' } })],
    ['notification', () => world.aNotification()],
  ] as const)('does not hide what was lost later, however much of it there is: %s', async (name, make) => {
    const restore = () => restoreJobs({ ...world.deps, walks: createWorkWalks(world.db, 2) });
    for (let n = 0; n < 5; n += 1) await make();
    world.time.advance(6 * SECOND);
    expect(await restore()).toEqual({ enqueued: 5, failed: 0 });
    world.producer.finish('failed');
    await make();
    world.time.advance(6 * SECOND);
    expect(await restore()).toEqual({ enqueued: 1, failed: 5 });
    expect(world.producer.jobs.map((job) => [job.name, job.presence]).at(-1)).toEqual([name, 'pending']);
  });
});
