import { beforeEach, describe, expect, it } from 'vitest';
import { HOUR, MINUTE, SECOND } from '#src/platform/time.ts';
import { CircuitOpen, PermanentlyRefused, ProviderDown } from '#src/providers/errors.ts';
import type { CallSnapshot } from '#src/providers/telephony.ts';
import { setup, type World } from '#test/support/world.ts';
import { passesIn } from '../a-pass.ts';

let world: World;
beforeEach(async () => {
  world = await setup();
});
const { later, applyEvents } = passesIn(() => world);

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

  const down = new ProviderDown('telephony');
  it.each([down, new CircuitOpen('telephony', 5 * SECOND, { cause: down })])(
    'are given up when the look-up of one has broken off for a day: every attempt ends ($name)',
    async (failure) => {
      const attempt = await world.aCall();
      world.telephony.failure = failure;
      await later(23 * HOUR);
      expect(world.producer.ids('call-event')).toEqual([]);
      await later(2 * HOUR);
      await applyEvents();
      expect(await world.attemptNow(attempt)).toMatchObject({ state: 'finished', outcome: 'failed', follow_up: 'due' });
    },
  );

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
