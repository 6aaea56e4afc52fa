import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import type { CallAttemptDoc } from '#src/db/models/callattempts.ts';
import type { CallEvent } from '#src/domain/call-events/call-event.ts';
import { lookupEvent } from '#src/domain/call-events/lookup-event.ts';
import { SECOND } from '#src/platform/time.ts';
import { ProviderDown } from '#src/providers/errors.ts';
import { stateOf } from '#test/support/killed.ts';
import { TRACE_ID } from '#test/support/makers.ts';
import { callSid, recordingSid } from '#test/support/fakes/telephony.ts';
import { aJob, setup, type World } from '#test/support/world.ts';
import { analyseTranscript } from '#workers/ai-analysis.ts';
import { applyCallEvent } from '#workers/call-event.ts';
import { copyRecording } from '#workers/recording.ts';
import { transcribeRecording } from '#workers/transcription.ts';
import { amdEvent, answeredCall, choiceEvent, recordingDone, statusEvent } from './a-call.ts';

let world: World;
beforeEach(async () => {
  world = await setup();
});

const run = (eventId: string, { deps }: World = world) => applyCallEvent({ eventId, traceId: TRACE_ID }, deps, aJob());
/** Files an event and runs its job, as a callback does. */
async function tell(event: CallEvent, attempt: CallAttemptDoc, at: World = world) {
  const filed = await at.deps.inbox.find((await file(event, attempt, at)).toHexString());
  return run(filed?._id.toHexString() ?? '', at);
}
async function file(event: CallEvent, attempt: CallAttemptDoc, at: World) {
  const known = await at.db.collection('webhookevents').findOne({ dedupe_key: event.id });
  return known ? known._id : (await at.anEvent(event, attempt))._id;
}
const tellAll = async (events: CallEvent[], attempt: CallAttemptDoc) => {
  for (const event of events) await tell(event, attempt);
};
const sidOf = (attempt: CallAttemptDoc) => attempt.call_sid ?? '';
const contactOf = async (attempt: CallAttemptDoc) => (await world.deliveryNow({ _id: attempt.delivery_id })).contact;

describe('any order, any number of copies', () => {
  const call = (sid: string) => [...answeredCall(sid), amdEvent(sid, 'human'), choiceEvent(sid, '2'), recordingDone(sid)];
  /** The three documents that a call makes. The delivery's history tells what was known when, so it may differ. */
  const documents = async (at: World) => {
    const { callattempts, calllogs, deliveries } = await stateOf(at.db, ['finished_at', 'tracking_events']);
    return { callattempts, calllogs, deliveries };
  };
  const tellWorld = async (order: (sid: string) => CallEvent[]) => {
    const fresh = await setup();
    const attempt = await fresh.aCall();
    for (const event of order(sidOf(attempt))) await tell(event, attempt, fresh);
    return documents(fresh);
  };

  it('end in one identical final document', async () => {
    const whole = await tellWorld(call);
    expect(whole).toMatchObject({
      callattempts: [{ state: 'finished', outcome: 'instructed', recording: { state: 'pending', sid: recordingSid(1) } }],
      calllogs: [{ status: 'completed', duration: 35, outcome: 'instructed' }],
      deliveries: [{ contact: { state: 'instructed' } }],
    });
    const size = call('').length;
    const orders = fc
      .tuple(fc.shuffledSubarray([...Array(size).keys()], { minLength: size }), fc.subarray([...Array(size).keys()], { maxLength: 3 }))
      .map(([all, copies]) => [...all, ...copies]);
    await fc.assert(
      fc.asyncProperty(orders, async (order) => {
        expect(await tellWorld((sid) => order.map((index) => call(sid)[index] as CallEvent))).toEqual(whole);
      }),
      { numRuns: 15 },
    );
  });

  it('even when all jobs run at once', async () => {
    const whole = await tellWorld(call);
    const fresh = await setup();
    const attempt = await fresh.aCall();
    const ids = await Promise.all(call(sidOf(attempt)).map((event) => file(event, attempt, fresh)));
    await Promise.all([...ids, ...ids].map((id) => run(id.toHexString(), fresh)));
    expect(await documents(fresh)).toEqual(whole);
  });

  it('a final status never goes back', async () => {
    const attempt = await world.aCall();
    const [initiated, ringing, answered, completed] = answeredCall(sidOf(attempt)) as [CallEvent, CallEvent, CallEvent, CallEvent];
    await tellAll([completed, amdEvent(sidOf(attempt), 'human'), answered, ringing, initiated], attempt);
    expect(await world.all('calllogs')).toMatchObject([{ status: 'completed', outcome: 'hung_up' }]);
    expect(await world.attemptNow(attempt)).toMatchObject({ state: 'finished', outcome: 'hung_up', event_count: 5 });
  });

  it('a run that saw fewer events never replaces what one that saw more has written', async () => {
    const attempt = await world.aCall();
    await tellAll(answeredCall(sidOf(attempt)), attempt);
    expect(await world.deps.attempts.apply(attempt._id, { callSid: sidOf(attempt), eventCount: 2, set: { state: 'submitted' } })).toBe(
      false,
    );
    expect(await world.attemptNow(attempt)).toMatchObject({ state: 'finished' });
  });

  it('one entry a call in the customer’s history, however often it ends', async () => {
    const attempt = await world.aCall();
    await tellAll([...answeredCall(sidOf(attempt)), amdEvent(sidOf(attempt), 'human'), recordingDone(sidOf(attempt))], attempt);
    expect((await world.customerNow({ _id: attempt.customer_id })).call_history).toMatchObject([{ status: 'completed', duration: 35 }]);
  });
});

describe('which attempts take events', () => {
  it.each(['rejected', 'not_placed'] as const)('not one that is %s', async (state) => {
    const attempt = await world.aPlannedAttempt({ state, outcome: 'not_placed', epoch: 1 });
    const event = await world.anEvent(choiceEvent(callSid(9), '1'), attempt);
    expect(await run(event._id.toHexString())).toMatchObject({ kind: 'skipped' });
    expect(await world.attemptNow(attempt)).toEqual(attempt);
    expect(await contactOf(attempt)).toMatchObject({ state: 'pending' });
    expect(await world.all('webhookevents')).toMatchObject([{ state: 'refused' }]);
    expect(await world.all('calllogs')).toEqual([]);
  });

  it('not one that was closed before any call', async () => {
    const attempt = await world.aPlannedAttempt({ state: 'finished', outcome: 'delivery_cancelled' });
    await tell(choiceEvent(callSid(9), '1'), attempt);
    expect(await world.all('webhookevents')).toMatchObject([{ state: 'refused' }]);
    expect(await contactOf(attempt)).toMatchObject({ state: 'pending' });
  });

  it('not the events of another call', async () => {
    const attempt = await world.aCall();
    await tell(choiceEvent(callSid(999), '9'), attempt);
    expect(await world.attemptNow(attempt)).toEqual(attempt);
    expect(await world.all('optouts')).toEqual([]);
  });

  it.each(['submitting', 'unknown'] as const)('one that is %s, which the first event binds to its call', async (state) => {
    const attempt = await world.aPlannedAttempt({ state, epoch: 1, claimed_at: world.time.now() });
    await tell(statusEvent(callSid(5), 'ringing', 1), attempt);
    expect(await world.attemptNow(attempt)).toMatchObject({ state: 'submitted', call_sid: callSid(5), submitted_at: world.time.now() });
    expect(await world.all('calllogs')).toMatchObject([{ call_sid: callSid(5), status: 'ringing' }]);
    expect(await contactOf(attempt)).toMatchObject({ state: 'contacting' });
  });

  it('applies no event twice', async () => {
    const attempt = await world.aCall();
    await tell(choiceEvent(sidOf(attempt), '1'), attempt);
    expect(await tell(choiceEvent(sidOf(attempt), '1'), attempt)).toEqual({ kind: 'skipped', reason: 'event is closed' });
  });
});

describe('what a call calls for next', () => {
  const ends: [string, CallEvent['data'], string][] = [
    ['voicemail', { answeredBy: 'machine_start' }, 'voicemail'],
    ['busy', { status: 'busy' }, 'busy'],
    ['no answer', { status: 'no-answer' }, 'no_answer'],
    ['failed', { status: 'failed' }, 'failed'],
  ];
  it.each(ends)('%s is followed up, and the driver is not told yet', async (_, data, outcome) => {
    const attempt = await world.aCall();
    const sid = sidOf(attempt);
    const machine = 'answeredBy' in data;
    await tellAll(
      machine
        ? [amdEvent(sid, data.answeredBy ?? ''), statusEvent(sid, 'completed', 3)]
        : [{ ...statusEvent(sid, 'busy', 3), data } as CallEvent],
      attempt,
    );
    expect(await world.attemptNow(attempt)).toMatchObject({ state: 'finished', outcome, follow_up: 'due', finished_at: world.time.now() });
    expect(world.producer.ids()).toEqual([`retry-${attempt._id.toHexString()}`]);
    expect(await contactOf(attempt)).toMatchObject({ state: 'pending', reason: outcome });
  });

  it('a retry that was decided is not decided again when more is reported', async () => {
    const attempt = await world.aCall();
    await tell(statusEvent(sidOf(attempt), 'busy', 3), attempt);
    await world.deps.attempts.followedUp(attempt._id);
    await tell(statusEvent(sidOf(attempt), 'ringing', 1), attempt);
    expect(await world.attemptNow(attempt)).toMatchObject({ follow_up: 'done', event_count: 2 });
  });

  it('a confirmation is told the driver at once, before the call is over', async () => {
    const attempt = await world.aCall();
    await tell(choiceEvent(sidOf(attempt), '1'), attempt);
    expect(await contactOf(attempt)).toMatchObject({ state: 'confirmed', attempt: 1 });
    expect(await world.all('notifications')).toMatchObject([{ kind: 'confirmed', delivery_id: attempt.delivery_id }]);
    expect(await world.attemptNow(attempt)).toMatchObject({ state: 'in_progress', choice: '1' });
    expect(await world.attemptNow(attempt)).not.toHaveProperty('follow_up');
  });

  it('"never again" closes every open delivery of the number, and its planned attempts', async () => {
    const customer = await world.aCustomer();
    const ours = await world.aDelivery({ customer_id: customer._id, contact: { state: 'contacting', attempt: 1 } });
    const attempt = await world.aCall({}, ours);
    const others = [await world.aDelivery({ customer_id: customer._id }), await world.aDelivery({ customer_id: customer._id })];
    const planned = await Promise.all(others.map((delivery) => world.aPlannedAttempt({}, delivery)));
    const stranger = await world.aPlannedAttempt();
    await tell(choiceEvent(sidOf(attempt), '9'), attempt);

    expect(await world.all('optouts')).toMatchObject([{ _id: attempt.to_number, attempt_id: attempt._id }]);
    for (const delivery of [ours, ...others]) expect((await world.deliveryNow(delivery)).contact).toMatchObject({ state: 'opted_out' });
    for (const one of planned) expect(await world.attemptNow(one)).toMatchObject({ state: 'finished', outcome: 'opted_out' });
    expect(await world.attemptNow(stranger)).toEqual(stranger);
    expect((await world.all('notifications')).map(({ kind }) => kind as string)).toEqual(['opted_out', 'opted_out', 'opted_out']);
  });

  it('"never again" is on record before the phone is free for another call', async () => {
    const attempt = await world.aCall();
    const sid = sidOf(attempt);
    await world.anEvent(choiceEvent(sid, '9'), attempt);
    const last = await world.anEvent(statusEvent(sid, 'completed', 3), attempt);
    let known: boolean | undefined;
    const attempts: World['deps']['attempts'] = {
      ...world.deps.attempts,
      apply: async (...given) => {
        known = await world.deps.optOuts.has(attempt.to_number);
        return world.deps.attempts.apply(...given);
      },
    };
    await run(last._id.toHexString(), { ...world, deps: { ...world.deps, attempts } });
    expect(known).toBe(true);
  });

  it('a report of the ended call that comes late does not hide when the next is due', async () => {
    const attempt = await world.aCall();
    const next_at = world.time.now();
    const contact = { state: 'pending', attempt: 1, next_at } as const;
    await world.db.collection('deliveries').updateOne({ _id: attempt.delivery_id }, { $set: { contact } });
    await tell(statusEvent(sidOf(attempt), 'ringing', 1), attempt);
    expect(await contactOf(attempt)).toEqual(contact);
  });

  it.each([
    ['before', true],
    ['after', false],
  ])('a recording that is announced %s the end is copied', async (_, before) => {
    const attempt = await world.aCall();
    const sid = sidOf(attempt);
    await tell(choiceEvent(sid, '2'), attempt);
    await tellAll(
      before ? [recordingDone(sid), statusEvent(sid, 'completed', 3)] : [statusEvent(sid, 'completed', 3), recordingDone(sid)],
      attempt,
    );
    expect(await world.attemptNow(attempt)).toMatchObject({
      outcome: 'instructed',
      recording: { state: 'pending', sid: recordingSid(1), duration: 12 },
    });
    expect(world.producer.ids('recording')).toEqual([`recording-${attempt._id.toHexString()}`]);
  });

  it('a recording is expected as soon as the call is over, and found absent the driver is told to ask', async () => {
    const attempt = await world.aCall();
    const sid = sidOf(attempt);
    await tellAll([choiceEvent(sid, '2'), statusEvent(sid, 'completed', 3)], attempt);
    expect(await world.attemptNow(attempt)).toMatchObject({ recording: { state: 'expected' } });
    await tell(recordingDone(sid, 'absent'), attempt);
    expect(await world.attemptNow(attempt)).toMatchObject({ recording: { state: 'absent' } });
    expect(await world.all('notifications')).toMatchObject([{ kind: 'instructions', body: expect.stringContaining('Please ask') }]);
  });

  it('a recording that turns up after it was found absent is copied all the same, and the driver gets the instructions', async () => {
    const attempt = await world.aCall();
    const sid = sidOf(attempt);
    await tellAll([choiceEvent(sid, '2'), statusEvent(sid, 'completed', 3), recordingDone(sid, 'absent'), recordingDone(sid)], attempt);
    expect(await world.attemptNow(attempt)).toMatchObject({ recording: { state: 'pending', sid: recordingSid(1) } });

    world.telephony.media.set(recordingSid(1), { bytes: Buffer.from('audio'), contentType: 'audio/mpeg' });
    await copyRecording({ attemptId: attempt._id.toHexString(), traceId: TRACE_ID }, world.deps, aJob());
    const recordingId = String((await world.all('recordings'))[0]?._id);
    await transcribeRecording({ recordingId, traceId: TRACE_ID }, world.deps, aJob());
    await analyseTranscript({ recordingId, traceId: TRACE_ID }, world.deps, aJob());
    const rows = await world.all('notifications');
    expect(rows.map(({ body }) => body as string).toSorted()).toEqual([
      expect.stringContaining('Leave it at the back door.'),
      expect.stringContaining('Please ask'),
    ]);
    expect(world.producer.ids('notification').toSorted()).toEqual(rows.map(({ _id }) => `notification-${String(_id)}`));
  });

  it.each(['stored', 'failed'] as const)('a recording that is %s is not copied again when more is reported', async (state) => {
    const attempt = await world.aCall();
    const sid = sidOf(attempt);
    await tellAll([choiceEvent(sid, '2'), recordingDone(sid)], attempt);
    await world.deps.attempts.recordingSettled(attempt._id, state);
    await tell(statusEvent(sid, 'completed', 3), attempt);
    expect(await world.attemptNow(attempt)).toMatchObject({ state: 'finished', recording: { state } });
  });
});

describe('who answered is not known yet', () => {
  it('waits for that word, and decides without it when it does not come', async () => {
    const attempt = await world.aCall();
    const events = answeredCall(sidOf(attempt));
    await tellAll(events.slice(0, 3), attempt);
    const last = await world.anEvent(events[3] as CallEvent, attempt);
    const settleAt = new Date(world.time.now().getTime() + 5 * SECOND);
    expect(await run(last._id.toHexString())).toMatchObject({ kind: 'snoozed', until: settleAt });
    expect(await world.attemptNow(attempt)).toMatchObject({ state: 'finished', event_count: 4 });
    expect(await world.attemptNow(attempt)).not.toHaveProperty('outcome');
    expect(await world.attemptNow(attempt)).not.toHaveProperty('finished_at');

    world.time.set(settleAt);
    expect(await run(last._id.toHexString())).toEqual({ kind: 'done' });
    expect(await world.attemptNow(attempt)).toMatchObject({ outcome: 'hung_up', finished_at: settleAt });
    expect(await world.all('calllogs')).toMatchObject([{ outcome: 'hung_up' }]);
    expect(await contactOf(attempt)).toMatchObject({ state: 'unreachable', reason: 'hung_up' });
    expect(await world.all('notifications')).toMatchObject([{ kind: 'not_reached' }]);
  });
});

it('what a look-up says goes the same way', async () => {
  const attempt = await world.aPlannedAttempt({ state: 'unknown', epoch: 1, claimed_at: world.time.now(), unknown_at: world.time.now() });
  const call = { callSid: callSid(4), status: 'no-answer', endTime: world.time.now() };
  await tell(lookupEvent(call, world.time.now()), attempt);
  expect(await world.attemptNow(attempt)).toMatchObject({
    state: 'finished',
    outcome: 'no_answer',
    call_sid: callSid(4),
    follow_up: 'due',
  });
});

describe('a call that was cancelled while it was dialed', () => {
  it('is ended as soon as a callback tells its SID, whoever dialed it', async () => {
    const attempt = await world.aCall({ cancel_requested: true });
    await tell(statusEvent(sidOf(attempt), 'ringing', 1), attempt);
    expect(world.telephony.cancelled).toEqual([sidOf(attempt)]);
  });

  it('is asked for again by the job itself when Twilio does not confirm it', async () => {
    const attempt = await world.aCall({ cancel_requested: true });
    const event = await world.anEvent(statusEvent(sidOf(attempt), 'ringing', 1), attempt);
    const telephony = { ...world.telephony, cancel: async () => 'unknown' as const };
    await expect(run(event._id.toHexString(), { ...world, deps: { ...world.deps, telephony } })).rejects.toThrow(ProviderDown);
    await run(event._id.toHexString());
    expect(world.telephony.cancelled).toEqual([sidOf(attempt)]);
    expect(await world.all('webhookevents')).toMatchObject([{ state: 'applied' }]);
  });

  it('is left alone when it is over', async () => {
    const attempt = await world.aCall({ cancel_requested: true });
    await tell(statusEvent(sidOf(attempt), 'completed', 3), attempt);
    expect(world.telephony.cancelled).toEqual([]);
  });
});
