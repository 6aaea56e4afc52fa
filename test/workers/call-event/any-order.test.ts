import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import type { CallEvent } from '#src/domain/call-events/call-event.ts';
import { MINUTE } from '#src/platform/time.ts';
import { recordingSid } from '#test/support/fakes/telephony.ts';
import { stateOf } from '#test/support/killed.ts';
import { setup, type World } from '#test/support/world.ts';
import { amdEvent, answeredCall, choiceEvent, recordingDone } from '../a-call.ts';
import { sidOf, tellingIn } from './told.ts';

let world: World;
beforeEach(async () => {
  world = await setup();
});
const { run, file, tell, tellAll } = tellingIn(() => world);

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
    world.time.set(new Date(world.time.now().getTime() + MINUTE));
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
