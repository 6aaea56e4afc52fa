import { beforeEach, describe, expect, it } from 'vitest';
import { HOUR, MINUTE } from '#src/platform/time.ts';
import { callSid } from '#test/support/fakes/telephony.ts';
import { setup, type World } from '#test/support/world.ts';
import { dialingIn } from './dialing.ts';

let world: World;
beforeEach(async () => {
  world = await setup();
});
const { dial, controls, used, historyOf } = dialingIn(() => world);

describe('ringing once', () => {
  it('writes down what Twilio accepted: ledger, log, delivery, history', async () => {
    const attempt = await world.aPlannedAttempt();
    expect(await dial(attempt)).toEqual({ kind: 'done' });
    expect(await world.attemptNow(attempt)).toMatchObject({
      state: 'submitted',
      call_sid: callSid(1),
      epoch: 1,
      submitted_at: world.time.now(),
    });
    const [callLog] = await world.all('calllogs');
    expect(callLog).toMatchObject({ call_sid: callSid(1), status: 'queued', attempt_id: attempt._id, retry_count: 0 });
    const delivery = await world.deliveryNow({ _id: attempt.delivery_id });
    expect(delivery).toMatchObject({ call_log_id: callLog?._id, contact: { state: 'contacting', attempt: 1 } });
    expect(delivery.contact).not.toHaveProperty('next_at');
    expect(await historyOf(delivery)).toEqual(['contacting']);
    expect(world.telephony.dialed).toMatchObject([
      { to: attempt.to_number, attemptUrls: { voice: expect.stringContaining(attempt._id.toHexString()) } },
    ]);
  });

  it('rings once, even when the job runs twice', async () => {
    const attempt = await world.aPlannedAttempt();
    await dial(attempt);
    expect(await dial(attempt)).toMatchObject({ kind: 'skipped' });
    expect(world.telephony.dialed).toHaveLength(1);
  });

  it('rings once under twenty runs at the same time, and takes one call of the budget', async () => {
    const attempt = await world.aPlannedAttempt();
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => dial(attempt)));
    expect(outcomes.filter(({ kind }) => kind === 'done')).toHaveLength(1);
    expect(world.telephony.dialed).toHaveLength(1);
    expect(await used()).toBe(1);
  });

  it('rings one person for one delivery at a time, and comes back for the other', async () => {
    const customer = await world.aCustomer();
    const first = await world.aPlannedAttempt({}, await world.aDelivery({ customer_id: customer._id }));
    const second = await world.aPlannedAttempt({}, await world.aDelivery({ customer_id: customer._id }));
    const outcomes = await Promise.all([dial(first), dial(second)]);
    expect(outcomes.map(({ kind }) => kind).toSorted()).toEqual(['done', 'snoozed']);
    expect(world.telephony.dialed).toHaveLength(1);
    expect(await used()).toBe(1);
  });
});

describe('what must hold at the moment of dialing', () => {
  it('waits while calling is switched off', async () => {
    await controls().insertOne({ _id: 'calls', enabled: false, daily_budget: null, day: '2026-03-10', used: 3 });
    const attempt = await world.aPlannedAttempt();
    expect(await dial(attempt)).toMatchObject({ kind: 'snoozed', until: new Date(world.time.now().getTime() + MINUTE) });
    expect(await world.attemptNow(attempt)).toMatchObject({ state: 'planned', epoch: 0 });
    expect(await used()).toBe(3);
  });

  it('places no more calls than the daily budget has, however many ask at once; the rest is tomorrow’s', async () => {
    await controls().insertOne({ _id: 'calls', enabled: true, daily_budget: 3, day: '2026-03-10', used: 1 });
    const attempts = await Promise.all(Array.from({ length: 6 }, () => world.aPlannedAttempt()));
    const outcomes = await Promise.all(attempts.map((attempt) => dial(attempt)));
    expect(world.telephony.dialed).toHaveLength(2);
    const postponed = outcomes.filter((outcome) => outcome.kind === 'snoozed');
    expect(postponed.map(({ until }) => until.toISOString())).toEqual(Array(4).fill('2026-03-11T00:00:00.000Z'));
    expect(await used()).toBe(3);
    world.time.set(new Date('2026-03-11T14:00:00Z'));
    expect(await world.deps.attempts.claim(await world.aPlannedAttempt())).toMatchObject({ kind: 'claimed' });
    expect(await used()).toBe(1);
  });

  it('does not ring in quiet hours: the history says so and the delivery when it will', async () => {
    const attempt = await world.aPlannedAttempt(
      {},
      await world.aDelivery({ scheduled_time: new Date(world.time.now().getTime() + 30 * HOUR) }),
    );
    world.time.advance(12 * HOUR); // ten at night in New York
    const morning = new Date('2026-03-11T12:00:00Z');
    expect(await dial(attempt)).toEqual({ kind: 'snoozed', until: morning, reason: 'quiet_hours' });
    expect(world.telephony.dialed).toEqual([]);
    expect(await world.attemptNow(attempt)).toMatchObject({ state: 'planned', due_at: morning });
    const delivery = await world.deliveryNow({ _id: attempt.delivery_id });
    expect(delivery.contact).toMatchObject({ state: 'pending', next_at: morning, reason: 'quiet_hours' });
    expect(await historyOf(delivery)).toEqual(['call_postponed']);
    expect(delivery.tracking_events).toHaveLength(1);
  });

  it('does not ring before the attempt is due', async () => {
    const due_at = new Date(world.time.now().getTime() + HOUR);
    expect(await dial(await world.aPlannedAttempt({ due_at }))).toMatchObject({ kind: 'snoozed', until: due_at });
    expect(world.telephony.dialed).toEqual([]);
  });

  it('does not ring for a delivery that was cancelled after it was planned', async () => {
    const attempt = await world.aPlannedAttempt(
      {},
      await world.aDelivery({ status: 'cancelled', contact: { state: 'cancelled', attempt: 0 } }),
    );
    expect(await dial(attempt)).toEqual({ kind: 'done' });
    expect(world.telephony.dialed).toEqual([]);
    expect(await world.attemptNow(attempt)).toMatchObject({ state: 'finished', outcome: 'delivery_cancelled' });
    expect(world.producer.ids('notification')).toEqual([]);
  });

  it('does not ring who opted out; the driver hears of it', async () => {
    const attempt = await world.aPlannedAttempt();
    await world.deps.optOuts.add({ _id: attempt.to_number, source: 'call', createdAt: world.time.now() });
    await dial(attempt);
    expect(world.telephony.dialed).toEqual([]);
    expect(await world.attemptNow(attempt)).toMatchObject({ state: 'finished', outcome: 'opted_out' });
    expect((await world.deliveryNow({ _id: attempt.delivery_id })).contact).toMatchObject({ state: 'opted_out' });
    expect(await world.all('notifications')).toMatchObject([{ kind: 'opted_out' }]);
  });

  it('tells the driver of a cancelled delivery that it is cancelled, and never that it stands', async () => {
    const attempt = await world.aPlannedAttempt({}, await world.aDelivery({ status: 'cancelled' }));
    await dial(attempt);
    expect((await world.deliveryNow({ _id: attempt.delivery_id })).contact).toMatchObject({ state: 'cancelled' });
    expect(await world.all('notifications')).toMatchObject([{ kind: 'cancelled' }]);
  });

  it('removes an attempt whose delivery was never written, so that it can be planned anew', async () => {
    const attempt = await world.aPlannedAttempt();
    await world.db.collection('deliveries').deleteOne({ _id: attempt.delivery_id });
    expect(await dial(attempt)).toMatchObject({ kind: 'snoozed' });
    world.time.advance(MINUTE);
    expect(await dial(attempt)).toMatchObject({ kind: 'skipped' });
    expect(await world.all('callattempts')).toEqual([]);
  });
});
