import { beforeEach, describe, expect, it } from 'vitest';
import type { CallAttemptDoc } from '#src/db/models/callattempts.ts';
import { MINUTE } from '#src/platform/time.ts';
import { TRACE_ID } from '#test/support/makers.ts';
import { aJob, setup, type World } from '#test/support/world.ts';
import { applyCallEvent } from '#workers/call-event.ts';
import { placeCall } from '#workers/call.ts';
import { planNextAttempt } from '#workers/retry.ts';

let world: World;
beforeEach(async () => {
  world = await setup();
});

const decide = ({ _id }: Pick<CallAttemptDoc, '_id'>) =>
  planNextAttempt({ attemptId: _id.toHexString(), traceId: TRACE_ID }, world.deps, aJob());
const after = async (
  outcome: NonNullable<CallAttemptDoc['outcome']>,
  given: Parameters<World['aDelivery']>[0] = {},
  number = 1,
  over: { not_placed_before?: number } = {},
) =>
  world.anEndedAttempt(
    outcome,
    { number, ...over },
    await world.aDelivery({ contact: { state: 'pending', reason: outcome, attempt: number }, ...given }),
  );
const attempts = () => world.db.collection<CallAttemptDoc>('callattempts').find().sort({ number: 1 }).toArray();

describe('trying again', () => {
  it('plans the next attempt and its job for a later, allowed time', async () => {
    const attempt = await after('busy', { priority: 'urgent' });
    expect(await decide(attempt)).toEqual({ kind: 'done' });
    const due = new Date(world.time.now().getTime() + 10 * MINUTE);
    const [first, second] = await attempts();
    expect(first).toMatchObject({ follow_up: 'done' });
    expect(second).toMatchObject({
      number: 2,
      state: 'planned',
      due_at: due,
      to_number: attempt.to_number,
      priority: 'urgent',
      trace_id: TRACE_ID,
    });
    expect(world.producer.jobs).toMatchObject([
      { name: 'call', id: `call-${second?._id.toHexString()}-g1`, priority: 'urgent', delayMs: 10 * MINUTE },
    ]);
    expect(await world.deliveryNow({ _id: attempt.delivery_id })).toMatchObject({
      retry_count: 1,
      contact: { state: 'pending', reason: 'busy', next_at: due, attempt: 1 },
    });
  });

  it('plans once, however often it runs and however many run at once', async () => {
    const attempt = await after('busy');
    await Promise.all(Array.from({ length: 10 }, () => decide(attempt)));
    world.time.advance(MINUTE);
    expect(await decide(attempt)).toMatchObject({ kind: 'skipped' });
    expect(await attempts()).toHaveLength(2);
    expect(world.producer.ids('call')).toHaveLength(1);
    expect((await world.deliveryNow({ _id: attempt.delivery_id })).tracking_events).toHaveLength(1);
  });

  // Found by killing a thousand workers: the second attempt was planned, called and over before the first one's retry ran again.
  it('tells nobody twice when the attempt that a killed run had planned was called and is over by now', async () => {
    const attempt = await after('not_placed');
    const delivery = await world.deliveryNow({ _id: attempt.delivery_id });
    const second = await world.aCall({ number: 2 }, delivery);
    const ended = {
      id: 'end',
      kind: 'call-status',
      callSid: second.call_sid ?? '',
      sequence: 3,
      occurredAt: new Date(world.time.now().getTime() - MINUTE),
    } as const;
    const event = await world.anEvent({ ...ended, data: { status: 'completed', durationSeconds: 3, answeredBy: 'human' } }, second);
    await applyCallEvent({ eventId: event._id.toHexString(), traceId: TRACE_ID }, world.deps, aJob());
    const settled = await world.deliveryNow({ _id: delivery._id });
    expect(settled).toMatchObject({ contact: { state: 'unreachable', attempt: 2 }, retry_count: 1 });
    expect(await world.all('notifications')).toHaveLength(1);

    expect(await decide(attempt)).toEqual({ kind: 'done' });
    expect(await world.all('notifications')).toHaveLength(1);
    expect(await attempts()).toMatchObject([{ follow_up: 'done' }, { number: 2, state: 'finished' }]);
    expect(await world.deliveryNow({ _id: delivery._id })).toMatchObject({ contact: settled.contact, retry_count: 1 });
    expect(world.producer.ids('call')).toEqual([]);
  });

  it('row 2: plans a new attempt for one that was proved not placed, though the customer may be tried only once', async () => {
    const attempt = await after('not_placed', { max_retries: 0 });
    expect(await decide(attempt)).toEqual({ kind: 'done' });
    const due = new Date(world.time.now().getTime() + 5 * MINUTE);
    const [, second] = await attempts();
    expect(second).toMatchObject({ number: 2, state: 'planned', due_at: due, not_placed_before: 1 });
    expect(await world.deliveryNow({ _id: attempt.delivery_id })).toMatchObject({ contact: { state: 'pending', next_at: due } });
    expect(await world.all('notifications')).toEqual([]);

    // And it is called.
    world.time.set(due);
    await placeCall({ attemptId: String(second?._id), generation: 1, traceId: TRACE_ID }, world.deps, aJob());
    expect(world.telephony.dialed).toHaveLength(1);
  });

  it('remembers the attempts not placed, whatever becomes of those after them', async () => {
    const attempt = await after('busy', { max_retries: 1 }, 3, { not_placed_before: 2 });
    await decide(attempt);
    expect((await attempts())[1]).toMatchObject({ number: 4, not_placed_before: 2, state: 'planned' });
  });

  it('does not call before the quiet hours are over', async () => {
    world.time.set(new Date('2026-03-11T00:55:00Z')); // 20:55 in New York
    const attempt = await after('no_answer', { scheduled_time: new Date('2026-03-11T20:00:00Z') });
    await decide(attempt);
    expect((await attempts())[1]).toMatchObject({ due_at: new Date('2026-03-11T12:00:00Z') });
  });
});

describe('giving up', () => {
  const reasons: [string, Parameters<typeof after>, string][] = [
    ['Twilio will never call this number', ['undialable'], 'undialable'],
    ['all retries are used', ['busy', { max_retries: 1 }, 2], 'retries_exhausted'],
    ['all retries are used, not counting what never rang', ['busy', { max_retries: 1 }, 4, { not_placed_before: 2 }], 'retries_exhausted'],
    ['call after call was not placed', ['not_placed', { max_retries: 0 }, 10, { not_placed_before: 9 }], 'calls_not_placed'],
    ['no permitted time is left', ['voicemail', { scheduled_time: new Date('2026-03-10T14:30:00Z') }], 'no_slot_before_delivery'],
  ];
  it.each(reasons)('when %s: the delivery says so and the driver is told', async (_, given, reason) => {
    const attempt = await after(...given);
    expect(await decide(attempt)).toEqual({ kind: 'done' });
    const delivery = await world.deliveryNow({ _id: attempt.delivery_id });
    expect(delivery).toMatchObject({ status: 'scheduled', contact: { state: 'unreachable', reason, attempt: attempt.number } });
    expect(await world.all('notifications')).toMatchObject([{ kind: 'not_reached' }]);
    expect(await world.attemptNow(attempt)).toMatchObject({ follow_up: 'done' });
    expect(await attempts()).toHaveLength(1);
  });

  it('leaves a delivery alone that was cancelled meanwhile', async () => {
    const attempt = await after('busy', { status: 'cancelled', contact: { state: 'cancelled', attempt: 1 } });
    expect(await decide(attempt)).toEqual({ kind: 'done' });
    expect((await world.deliveryNow({ _id: attempt.delivery_id })).contact).toMatchObject({ state: 'cancelled' });
    expect(world.producer.ids()).toEqual([]);
    expect(await attempts()).toHaveLength(1);
  });

  it.each([
    ['not_permitted', 'delivery_time_passed', 'not_reached'],
    ['opted_out', 'opted_out', 'opted_out'],
  ] as const)('tells the driver what a run that refused this attempt died over: %s', async (state, reason, kind) => {
    // Beside it another run had claimed the attempt, and never dialed.
    const attempt = await after('not_placed', { contact: { state, reason, attempt: 1 } });
    if (state === 'opted_out') await world.deps.optOuts.add({ _id: attempt.to_number, source: 'call', createdAt: world.time.now() });
    else await world.db.collection('deliveries').updateOne({ _id: attempt.delivery_id }, { $set: { scheduled_time: world.time.now() } });
    expect(await decide(attempt)).toEqual({ kind: 'done' });
    expect(await decide(await world.attemptNow(attempt))).toMatchObject({ kind: 'skipped' });
    expect((await world.deliveryNow({ _id: attempt.delivery_id })).contact).toMatchObject({ state, reason });
    expect(await world.all('notifications')).toMatchObject([{ kind }]);
  });

  it('does not call who opted out meanwhile', async () => {
    const attempt = await after('busy');
    await world.deps.optOuts.add({ _id: attempt.to_number, source: 'call', createdAt: world.time.now() });
    await decide(attempt);
    expect(await attempts()).toHaveLength(1);
    expect((await world.deliveryNow({ _id: attempt.delivery_id })).contact).toMatchObject({ state: 'unreachable', reason: 'opted_out' });
  });

  it('does not ask again and again about a delivery that is gone', async () => {
    const attempt = await after('busy');
    await world.db.collection('deliveries').deleteMany({});
    expect(await decide(attempt)).toMatchObject({ kind: 'skipped' });
    expect(await world.attemptNow(attempt)).toMatchObject({ follow_up: 'done' });
  });
});
