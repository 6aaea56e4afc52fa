import { beforeEach, describe, expect, it } from 'vitest';
import type { CallEvent } from '#src/domain/call-events/call-event.ts';
import { SECOND } from '#src/platform/time.ts';
import { ProviderDown } from '#src/providers/errors.ts';
import { setup, type World } from '#test/support/world.ts';
import { amdEvent, answeredCall, choiceEvent, statusEvent } from '../a-call.ts';
import { sidOf, tellingIn } from './told.ts';

let world: World;
beforeEach(async () => {
  world = await setup();
});
const { run, tell, tellAll, contactOf } = tellingIn(() => world);

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

describe('a key that is told after the end of the call', () => {
  it('counts, and the driver is not told before that nobody was reached', async () => {
    const attempt = await world.aCall();
    await tellAll([...answeredCall(sidOf(attempt)), amdEvent(sidOf(attempt), 'human')], attempt);
    expect(await contactOf(attempt)).not.toMatchObject({ state: 'unreachable' });
    expect(await world.all('notifications')).toEqual([]);
    await tell(choiceEvent(sidOf(attempt), '1'), attempt);
    expect(await contactOf(attempt)).toMatchObject({ state: 'confirmed' });
    expect(await world.all('notifications')).toMatchObject([{ kind: 'confirmed' }]);
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
