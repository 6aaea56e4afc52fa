import { beforeEach, describe, expect, it } from 'vitest';
import { MINUTE, SECOND } from '#src/platform/time.ts';
import { PermanentlyRefused, ProviderDown } from '#src/providers/errors.ts';
import { callSid } from '#test/support/fakes/telephony.ts';
import { setup, type World } from '#test/support/world.ts';
import { hex, passesIn } from '../a-pass.ts';

let world: World;
beforeEach(async () => {
  world = await setup();
});
const { reconcile, later, applyEvents } = passesIn(() => world);

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
    return reconcile({ telephony: { ...world.telephony, findCallsTo } });
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
