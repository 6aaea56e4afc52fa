import { beforeEach, describe, expect, it } from 'vitest';
import { lookupEvent } from '#src/domain/call-events/lookup-event.ts';
import { SECOND } from '#src/platform/time.ts';
import { callSid } from '#test/support/fakes/telephony.ts';
import { setup, type World } from '#test/support/world.ts';
import { choiceEvent, statusEvent } from '../a-call.ts';
import { passesIn } from '../a-pass.ts';
import { sidOf, tellingIn } from './told.ts';

let world: World;
beforeEach(async () => {
  world = await setup();
});
const { run, tell, contactOf } = tellingIn(() => world);
const { later } = passesIn(() => world);

describe('which attempts take events', () => {
  it.each(['rejected', 'not_placed'] as const)('not one that is %s', async (state) => {
    const attempt = await world.aPlannedAttempt({ state, outcome: 'not_placed', epoch: 1 });
    const event = await world.anEvent(choiceEvent(callSid(9), '1'), attempt);
    expect(await run(event._id.toHexString())).toMatchObject({ kind: 'skipped' });
    expect(await world.attemptNow(attempt)).toEqual(attempt);
    expect(await contactOf(attempt)).toMatchObject({ state: 'pending' });
    expect(await world.all('webhookevents')).toMatchObject([{ state: 'refused' }]);
  });

  it.each(['rejected', 'not_placed'] as const)(
    'not one that is %s; the call that tells of itself goes on all the same, and reconcile ends it',
    async (state) => {
      const attempt = await world.aPlannedAttempt({ state, outcome: 'not_placed', epoch: 1 });
      await tell(statusEvent(callSid(9), 'in-progress', 1), attempt);
      expect(await world.all('calllogs')).toMatchObject([{ call_sid: callSid(9), attempt_id: attempt._id, status: 'queued' }]);
      await later(11 * SECOND);
      expect(world.telephony.cancelled).toEqual([callSid(9)]);
      expect(await world.attemptNow(attempt)).toEqual(attempt);
    },
  );

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
