import { beforeEach, describe, expect, it } from 'vitest';
import { createWorkWalks } from '#src/db/repositories/work-walks.ts';
import { HOUR, MINUTE, SECOND } from '#src/platform/time.ts';
import { deterministicId } from '#src/db/deterministic-id.ts';
import { newCallLog } from '#src/db/documents/call-log.ts';
import { PermanentlyRefused, ProviderDown } from '#src/providers/errors.ts';
import type { CallSnapshot } from '#src/providers/telephony.ts';
import { callSid, recordingSid } from '#test/support/fakes/telephony.ts';
import { TRACE_ID } from '#test/support/makers.ts';
import { aJob, setup, type World } from '#test/support/world.ts';
import { applyCallEvent } from '#workers/call-event.ts';
import { runReconcile } from '#workers/reconcile.ts';
import { planMissingAttempts } from '#workers/steps/plan-missing-attempts.ts';
import { restoreJobs } from '#workers/steps/restore-jobs.ts';
import { choiceEvent } from './a-call.ts';

let world: World;
beforeEach(async () => {
  world = await setup();
});

const reconcile = () => runReconcile({ tick: 1, traceId: TRACE_ID }, world.deps, aJob());
const later = async (ms: number) => {
  world.time.advance(ms);
  await reconcile();
};
const hex = ({ _id }: { _id: { toHexString(): string } }) => _id.toHexString();
/** Runs the jobs of the events that are waiting. */
const applyEvents = async () => {
  for (const { payload } of world.producer.jobs.filter(({ name }) => name === 'call-event')) {
    await applyCallEvent({ eventId: String(payload['eventId']), traceId: TRACE_ID }, world.deps, aJob());
  }
};

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

describe('a dial of which nobody knows', () => {
  const claimed = async () => world.aPlannedAttempt({ state: 'submitting', epoch: 1, claimed_at: world.time.now() });

  it('becomes unknown after 30 s, and is found by number and time', async () => {
    const attempt = await claimed();
    world.telephony.calls.push({
      callSid: callSid(42),
      to: attempt.to_number,
      from: '+12025550000',
      status: 'in-progress',
      dateCreated: world.time.now(),
    });
    await later(29 * SECOND);
    expect(await world.attemptNow(attempt)).toMatchObject({ state: 'submitting' });
    await later(2 * SECOND);
    await applyEvents();
    expect(await world.attemptNow(attempt)).toMatchObject({ state: 'in_progress', call_sid: callSid(42), epoch: 1 });
    expect(await world.all('calllogs')).toMatchObject([{ call_sid: callSid(42), attempt_id: attempt._id }]);
    expect(world.telephony.dialed).toEqual([]);
  });

  it('is closed as not placed by two look-ups in vain at least a minute apart, and then retried', async () => {
    const attempt = await claimed();
    await later(31 * SECOND);
    expect(await world.attemptNow(attempt)).toMatchObject({ state: 'unknown', lookups: { empty: 1 } });
    await later(59 * SECOND);
    expect(await world.attemptNow(attempt)).toMatchObject({ state: 'unknown', lookups: { empty: 1 } });
    await later(2 * SECOND);
    expect(await world.attemptNow(attempt)).toMatchObject({
      state: 'not_placed',
      outcome: 'not_placed',
      follow_up: 'due',
      finished_at: world.time.now(),
    });
    expect(world.producer.ids('retry')).toEqual([`retry-${hex(attempt)}`]);
  });

  it('counts a look-up once when two passes run at once', async () => {
    const attempt = await claimed();
    world.time.advance(31 * SECOND);
    await reconcile();
    world.time.advance(61 * SECOND);
    await Promise.all([reconcile(), reconcile()]);
    expect(await world.attemptNow(attempt)).toMatchObject({ state: 'not_placed', lookups: { count: 2, empty: 2 } });
  });

  it('does not take another attempt’s call for its own', async () => {
    const customer = await world.aCustomer();
    const earlier = await world.anEndedAttempt('busy', {}, await world.aDelivery({ customer_id: customer._id }));
    const attempt = await world.aPlannedAttempt(
      { state: 'submitting', epoch: 1, claimed_at: world.time.now() },
      await world.aDelivery({ customer_id: customer._id }),
    );
    world.telephony.calls.push({
      callSid: earlier.call_sid ?? '',
      to: attempt.to_number,
      from: '+12025550000',
      status: 'busy',
      dateCreated: world.time.now(),
    });
    await later(31 * SECOND);
    expect(await world.attemptNow(attempt)).toMatchObject({ state: 'unknown', lookups: { empty: 1 } });
  });

  it('does not take a call that somebody else has made to the number for its own', async () => {
    const attempt = await claimed();
    world.telephony.calls.push({
      callSid: callSid(42),
      to: attempt.to_number,
      from: '+12025559999',
      status: 'in-progress',
      dateCreated: world.time.now(),
    });
    await later(31 * SECOND);
    expect(await world.attemptNow(attempt)).toMatchObject({ state: 'unknown', lookups: { empty: 1 } });
    expect(await world.all('webhookevents')).toEqual([]);
  });

  const oneFails = (failing: { to_number: string }, error: Error) => {
    const findCallsTo: World['telephony']['findCallsTo'] = async (number) => {
      if (number === failing.to_number) throw error;
      return [];
    };
    return runReconcile({ tick: 1, traceId: TRACE_ID }, { ...world.deps, telephony: { ...world.telephony, findCallsTo } }, aJob());
  };
  it.each([
    ['that Twilio will not look up', new PermanentlyRefused('telephony', 21211)],
    ['whose look-up breaks off', new ProviderDown('telephony')],
  ])('one %s does not keep the others waiting, and goes to the end of the line', async (_, error) => {
    const [poison, attempt] = [await claimed(), await claimed()];
    world.time.advance(31 * SECOND);
    await oneFails(poison, error);
    expect(await world.attemptNow(attempt)).toMatchObject({ state: 'unknown', lookups: { empty: 1 } });
    expect(await world.attemptNow(poison)).toMatchObject({ state: 'unknown', lookups: { count: 1, last_at: world.time.now() } });
    world.time.advance(61 * SECOND);
    await oneFails(poison, error);
    expect(await world.attemptNow(attempt)).toMatchObject({ state: 'not_placed' });
    expect(await world.attemptNow(poison)).toMatchObject({ state: 'unknown', lookups: { count: 2 } });
  });

  it('are looked up in the order of their last look-up', async () => {
    const [first, second] = [await claimed(), await claimed()];
    await later(31 * SECOND);
    world.time.advance(SECOND);
    await world.deps.attempts.lookedUp(first);
    world.time.advance(61 * SECOND);
    const ids = (await world.deps.lists.unknown(2, world.time.now())).map(hex);
    expect(ids).toEqual([hex(second), hex(first)]);
  });

  it('asks Twilio no more in this pass once it is plainly away', async () => {
    for (let n = 0; n < 20; n += 1) await claimed();
    world.telephony.failure = new ProviderDown('telephony');
    await later(31 * SECOND);
    expect(world.telephony.asked.length).toBeLessThanOrEqual(7);
  });

  it('is closed as not placed when Twilio has refused for an hour to look it up: every attempt ends', async () => {
    const poison = await claimed();
    const refused = new PermanentlyRefused('telephony', 21211);
    world.time.advance(31 * SECOND);
    await oneFails(poison, refused);
    // Nobody was there to ask: two refusals after it are no hour of them.
    world.time.advance(2 * 60 * MINUTE);
    for (let times = 0; times < 29; times += 1) {
      await oneFails(poison, refused);
      world.time.advance(2 * MINUTE);
    }
    expect(await world.attemptNow(poison)).toMatchObject({ state: 'unknown', lookups: { count: 30 } });
    for (let times = 0; times < 2; times += 1) {
      world.time.advance(2 * MINUTE);
      await oneFails(poison, refused);
    }
    expect(await world.attemptNow(poison)).toMatchObject({ state: 'not_placed', follow_up: 'due' });
  });
});

describe('row 18: calls of which Twilio went silent', () => {
  const atTwilio = (attempt: { call_sid?: string; to_number: string }, status: string, over: Partial<CallSnapshot> = {}) =>
    world.telephony.calls.push({ callSid: attempt.call_sid ?? '', to: attempt.to_number, from: '+12025550000', status, ...over });

  it('are closed by a look-up, three minutes after they were placed', async () => {
    const attempt = await world.aCall();
    atTwilio(attempt, 'no-answer', { endTime: world.time.now() });
    await later(2 * MINUTE);
    expect(world.telephony.asked).toEqual([]);
    await later(MINUTE + SECOND);
    await applyEvents();
    expect(await world.attemptNow(attempt)).toMatchObject({ state: 'finished', outcome: 'no_answer', follow_up: 'due' });
  });

  it.each([10, 60, 170, 230, 275])('one that ends after %i s is closed within five minutes of its end', async (seconds) => {
    const attempt = await world.aCall();
    const placedAt = world.time.now().getTime();
    const endTime = new Date(placedAt + seconds * SECOND);
    for (let passed = 20; passed <= 15 * 60 && world.producer.ids('call-event').length === 0; passed += 20) {
      world.telephony.calls.splice(0);
      if (passed >= seconds) atTwilio(attempt, 'completed', { endTime, durationSeconds: seconds });
      else atTwilio(attempt, 'in-progress');
      await later(20 * SECOND);
    }
    await applyEvents();
    expect(await world.attemptNow(attempt)).toMatchObject({ state: 'finished' });
    expect(world.time.now().getTime() - endTime.getTime()).toBeLessThan(5 * MINUTE);
  });

  it('are all asked about in one pass, should Twilio report on none of a busy minute’s calls', async () => {
    const attempts = await Promise.all(Array.from({ length: 150 }, () => world.aCall()));
    for (const attempt of attempts) atTwilio(attempt, 'completed', { endTime: world.time.now(), durationSeconds: 5 });
    await later(4 * MINUTE);
    expect(world.producer.ids('call-event')).toHaveLength(150);
  });

  it('are given up when Twilio still does not know them after an hour: the phone must be free again', async () => {
    const attempt = await world.aCall();
    await later(59 * MINUTE);
    expect(world.producer.ids('call-event')).toEqual([]);
    await later(2 * MINUTE);
    await applyEvents();
    expect(await world.attemptNow(attempt)).toMatchObject({ state: 'finished', outcome: 'failed', follow_up: 'due' });
  });

  it('are given up after that hour, too, when Twilio refuses to look them up', async () => {
    const attempt = await world.aCall();
    world.telephony.failure = new PermanentlyRefused('telephony', 20001);
    await later(59 * MINUTE);
    expect(world.producer.ids('call-event')).toEqual([]);
    await later(2 * MINUTE);
    await applyEvents();
    expect(await world.attemptNow(attempt)).toMatchObject({ state: 'finished', outcome: 'failed' });
  });

  it('are kept however long Twilio is away: it may still say how they went', async () => {
    const attempt = await world.aCall();
    world.telephony.failure = new ProviderDown('telephony');
    await later(5 * HOUR);
    world.telephony.failure = undefined;
    atTwilio(attempt, 'busy', { endTime: world.time.now() });
    await later(2 * MINUTE);
    await applyEvents();
    expect(await world.attemptNow(attempt)).toMatchObject({ state: 'finished', outcome: 'busy' });
  });

  it('are left alone while Twilio says that they go on, and asked about once a minute', async () => {
    const attempt = await world.aCall();
    atTwilio(attempt, 'in-progress');
    await later(7 * MINUTE);
    for (let passes = 0; passes < 3; passes += 1) await later(20 * SECOND);
    expect(await world.attemptNow(attempt)).toMatchObject({ state: 'submitted' });
    expect(world.producer.ids('call-event')).toEqual([]);
    expect(world.telephony.asked).toHaveLength(2);
  });
});

describe('calls that nobody waits for', () => {
  /** A call that was dialed too late, so that its attempt goes by another one. */
  async function aStray(): Promise<string> {
    const attempt = await world.aCall();
    const call_sid = callSid(777);
    await world.deps.callLogs.ensure(
      newCallLog(
        {
          _id: deterministicId('call', call_sid),
          delivery_id: attempt.delivery_id,
          attempt_id: attempt._id,
          call_sid,
          status: 'queued',
          from_number: '+12025550000',
          to_number: attempt.to_number,
          retry_count: 0,
        },
        world.time.now(),
      ),
    );
    return call_sid;
  }
  const statusOf = async (call_sid: string) => (await world.db.collection('calllogs').findOne({ call_sid }))?.['status'];
  const withCancel = (cancel: World['telephony']['cancel']) =>
    runReconcile({ tick: 1, traceId: TRACE_ID }, { ...world.deps, telephony: { ...world.telephony, cancel } }, aJob());

  it('are asked for in each pass until they are over, and then their log says how they ended', async () => {
    const stray = await aStray();
    const call = { callSid: stray, to: '+1', from: '+12025550000', status: 'in-progress' };
    world.telephony.calls.push(call);
    await later(11 * SECOND);
    await later(20 * SECOND);
    expect(world.telephony.cancelled).toEqual([stray, stray]);
    expect(await statusOf(stray)).toBe('queued');
    Object.assign(call, { status: 'completed', endTime: world.time.now(), durationSeconds: 31 });
    await later(20 * SECOND);
    expect(await world.db.collection('calllogs').findOne({ call_sid: stray })).toMatchObject({ status: 'completed', duration: 31 });
    await later(20 * SECOND);
    expect(world.telephony.cancelled).toHaveLength(2);
  });

  it('are not forgotten when Twilio does not confirm', async () => {
    const stray = await aStray();
    world.time.advance(11 * SECOND);
    await withCancel(async () => 'unknown');
    world.time.advance(20 * SECOND);
    await reconcile();
    expect(world.telephony.cancelled).toEqual([stray]);
  });

  it('are let go of when Twilio still does not know them after an hour', async () => {
    const stray = await aStray();
    await later(HOUR + MINUTE);
    expect(await statusOf(stray)).toBe('failed');
  });

  it('are neither an attempt’s own call, nor one whose attempt does not know its call yet', async () => {
    await world.aCall();
    const unknown = await world.aCall({ state: 'unknown', claimed_at: world.time.now(), unknown_at: world.time.now() });
    await world.db.collection('callattempts').updateOne({ _id: unknown._id }, { $unset: { call_sid: '' } });
    await later(MINUTE);
    expect(world.telephony.cancelled).toEqual([]);
  });
});

describe('calls that were cancelled while they were dialed', () => {
  it('are ended, asked again in each pass until they are over', async () => {
    const attempt = await world.aCall({ cancel_requested: true });
    await world.aCall();
    await world.aCall({ cancel_requested: true, state: 'finished', outcome: 'canceled' });
    await later(SECOND);
    await later(SECOND);
    expect(world.telephony.cancelled).toEqual([attempt.call_sid, attempt.call_sid]);
  });

  it('are asked for no more in this pass once Twilio is plainly away; the look-ups go on', async () => {
    for (let n = 0; n < 7; n += 1) await world.aCall({ cancel_requested: true });
    const unknown = await world.aPlannedAttempt({
      state: 'unknown',
      epoch: 1,
      claimed_at: world.time.now(),
      unknown_at: world.time.now(),
    });
    let asked = 0;
    const cancel: World['telephony']['cancel'] = async () => {
      asked += 1;
      return 'unknown';
    };
    await runReconcile({ tick: 1, traceId: TRACE_ID }, { ...world.deps, telephony: { ...world.telephony, cancel } }, aJob());
    expect(asked).toBe(5);
    expect(await world.attemptNow(unknown)).toMatchObject({ lookups: { empty: 1 } });
  });
});

describe('recordings that were never announced', () => {
  const expected = () =>
    world.aCall({
      state: 'finished',
      outcome: 'instructed',
      choice: '2',
      event_count: 0,
      recording: { state: 'expected' },
      finished_at: world.time.now(),
    });

  it('are found at Twilio', async () => {
    const attempt = await expected();
    world.telephony.recordings.push({
      recordingSid: recordingSid(9),
      callSid: attempt.call_sid ?? '',
      status: 'completed',
      durationSeconds: 11,
    });
    await later(3 * MINUTE);
    await applyEvents();
    expect(await world.attemptNow(attempt)).toMatchObject({ recording: { state: 'pending', sid: recordingSid(9), duration: 11 } });
    expect(world.producer.ids('recording')).toEqual([`recording-${hex(attempt)}`]);
  });

  it('one that cannot be asked for keeps no other waiting', async () => {
    const poison = await expected();
    const attempt = await expected();
    world.telephony.recordings.push({ recordingSid: recordingSid(9), callSid: attempt.call_sid ?? '', status: 'completed' });
    const listRecordings: World['telephony']['listRecordings'] = async (sid, signal) => {
      if (sid === poison.call_sid) throw new ProviderDown('telephony');
      return world.telephony.listRecordings(sid, signal);
    };
    world.time.advance(3 * MINUTE);
    await runReconcile({ tick: 1, traceId: TRACE_ID }, { ...world.deps, telephony: { ...world.telephony, listRecordings } }, aJob());
    expect(await world.all('webhookevents')).toMatchObject([{ attempt_id: attempt._id }]);
  });

  it('are taken for absent after ten minutes, and the driver is told to ask', async () => {
    const attempt = await expected();
    await later(9 * MINUTE);
    await applyEvents();
    expect(await world.attemptNow(attempt)).toMatchObject({ recording: { state: 'expected' } });
    await later(2 * MINUTE);
    await applyEvents();
    expect(await world.attemptNow(attempt)).toMatchObject({ recording: { state: 'absent' } });
    expect(await world.all('notifications')).toMatchObject([{ kind: 'instructions' }]);
  });
});

describe('deliveries whose ingestion died half way', () => {
  it('are planned, once, with the attempt that they would have had', async () => {
    const delivery = await world.aDelivery();
    await later(9 * SECOND);
    expect(await world.all('callattempts')).toEqual([]);
    await later(2 * SECOND);
    await later(20 * SECOND);
    const attempts = await world.all('callattempts');
    expect(attempts).toMatchObject([{ delivery_id: delivery._id, number: 1, state: 'planned' }]);
    expect(world.producer.ids('call')).toEqual([`call-${String(attempts[0]?._id)}-g1`]);
  });

  it('are closed, with the reason, when by now nobody may be called; the driver is told once', async () => {
    const delivery = await world.aDelivery();
    await later(9 * HOUR);
    await later(20 * SECOND);
    expect(await world.all('callattempts')).toEqual([]);
    expect(await world.deliveryNow(delivery)).toMatchObject({ contact: { state: 'not_permitted', reason: 'delivery_time_passed' } });
    expect((await world.deliveryNow(delivery)).contact).not.toHaveProperty('next_at');
    expect(await world.all('notifications')).toMatchObject([{ kind: 'not_reached' }]);
  });

  it('are found behind any backlog of deliveries that wait for their turn', async () => {
    for (let n = 0; n < 5; n += 1) await world.aPlannedAttempt();
    const orphan = await world.aDelivery();
    world.time.advance(MINUTE);
    const planned = await planMissingAttempts({ ...world.deps, walks: createWorkWalks(world.db, 2) });
    expect(planned).toEqual({ planned: 1, withoutCustomer: 0 });
    expect(await world.db.collection('callattempts').countDocuments({ delivery_id: orphan._id })).toBe(1);
  });

  it('are counted apart where the customer is gone, and keep nobody waiting', async () => {
    const gone = await Promise.all([1, 2, 3].map(() => world.aDelivery()));
    await world.db.collection('customers').deleteMany({ _id: { $in: gone.map(({ customer_id }) => customer_id) } });
    const orphan = await world.aDelivery();
    world.time.advance(MINUTE);
    const planned = await planMissingAttempts({ ...world.deps, walks: createWorkWalks(world.db, 2) });
    expect(planned).toEqual({ planned: 1, withoutCustomer: 3 });
    expect(await world.all('callattempts')).toMatchObject([{ delivery_id: orphan._id }]);
  });

  it('are left alone where they have an attempt', async () => {
    await world.aPlannedAttempt({ state: 'finished', outcome: 'not_permitted' });
    await later(MINUTE);
    expect(await world.all('callattempts')).toHaveLength(1);
  });
});
