import { beforeEach, describe, expect, it } from 'vitest';
import { HOUR, MINUTE, SECOND } from '#src/platform/time.ts';
import { ProviderDown } from '#src/providers/errors.ts';
import { callSid } from '#test/support/fakes/telephony.ts';
import { setup, type World } from '#test/support/world.ts';
import { dialingIn } from './dialing.ts';

let world: World;
beforeEach(async () => {
  world = await setup();
});
const { dial, used, fencedWrites } = dialingIn(() => world);

describe('what Twilio’s answer does', () => {
  it('a claim older than 5 s is not dialed but given back', async () => {
    const attempt = await world.aPlannedAttempt();
    const attempts = {
      ...world.deps.attempts,
      claim: async (...given: Parameters<World['deps']['attempts']['claim']>) => {
        const claim = await world.deps.attempts.claim(...given);
        world.time.advance(5 * SECOND + 1);
        return claim;
      },
    };
    expect(await dial(attempt, {}, { attempts })).toMatchObject({ kind: 'snoozed', reason: expect.stringContaining('too old') });
    expect(world.telephony.dialed).toEqual([]);
    expect(await world.attemptNow(attempt)).toMatchObject({ state: 'planned', epoch: 1 });
    expect(await used()).toBe(0);
    expect(await dial(attempt)).toEqual({ kind: 'done' });
  });

  it('row 4: a run that slept after its claim dials nobody once another has decided what becomes of the attempt, and is counted', async () => {
    const attempt = await world.aPlannedAttempt();
    const attempts = {
      ...world.deps.attempts,
      claim: async (...given: Parameters<World['deps']['attempts']['claim']>) => {
        const claim = await world.deps.attempts.claim(...given);
        world.time.advance(2 * MINUTE);
        await world.deps.attempts.unknown(attempt._id, 1);
        return claim;
      },
    };
    expect(await dial(attempt, {}, { attempts })).toEqual({ kind: 'skipped', reason: 'moved on meanwhile' });
    expect(world.telephony.dialed).toEqual([]);
    expect(await world.attemptNow(attempt)).toMatchObject({ state: 'unknown', epoch: 1 });
    const counted = (await world.deps.metrics.fencedWrites.get()).values.filter(({ value }) => value > 0);
    expect(counted).toMatchObject([{ labels: { write: 'unclaim' }, value: 1 }]);
  });

  it('refused: the attempt is rejected and the retry is asked what follows', async () => {
    world.telephony.answers.push({ kind: 'refused', code: 21211, message: 'invalid', action: 'permanent-number' });
    const attempt = await world.aPlannedAttempt();
    expect(await dial(attempt)).toEqual({ kind: 'done' });
    expect(await world.attemptNow(attempt)).toMatchObject({
      state: 'rejected',
      outcome: 'undialable',
      error_code: '21211',
      follow_up: 'due',
    });
    expect(world.producer.ids()).toEqual([`retry-${attempt._id.toHexString()}`]);
    expect(await world.all('calllogs')).toEqual([]);
  });

  it('refused for a reason that nobody knows: an operator must look, and the attempt stays as it was planned', async () => {
    world.telephony.answers.push({ kind: 'refused', code: 29999, message: 'unlisted', action: 'unlisted' });
    const attempt = await world.aPlannedAttempt();
    expect(await dial(attempt)).toMatchObject({ kind: 'rejected', reason: expect.stringContaining('29999') });
    expect(await world.attemptNow(attempt)).toMatchObject({ state: 'planned' });
    expect(await used()).toBe(0);
    expect(world.producer.ids()).toEqual([]);
    expect(await dial(attempt), 'replayed').toEqual({ kind: 'done' });
  });

  it('surely not sent: the attempt and the budget are given back, and the job tries again', async () => {
    const error = new ProviderDown('telephony');
    world.telephony.answers.push({ kind: 'not-sent', error });
    const attempt = await world.aPlannedAttempt();
    await expect(dial(attempt)).rejects.toBe(error);
    expect(await world.attemptNow(attempt)).toMatchObject({ state: 'planned', epoch: 1 });
    expect(await world.attemptNow(attempt)).not.toHaveProperty('claimed_at');
    expect(await used()).toBe(0);
  });

  it('unknown: it is never dialed again by itself', async () => {
    world.telephony.answers.push({ kind: 'unknown', error: new Error('timeout') });
    const attempt = await world.aPlannedAttempt();
    expect(await dial(attempt)).toEqual({ kind: 'done' });
    expect(await world.attemptNow(attempt)).toMatchObject({ state: 'unknown', unknown_at: world.time.now() });
    expect(await dial(attempt)).toMatchObject({ kind: 'skipped' });
    expect(world.telephony.dialed).toHaveLength(1);
  });

  it('accepted while the delivery was being cancelled: the call is ended', async () => {
    const attempt = await world.aPlannedAttempt();
    world.telephony.answers.push(async () => {
      await world.deps.attempts.requestCancel(attempt._id);
      return { kind: 'accepted', callSid: callSid(7), status: 'queued' };
    });
    await dial(attempt);
    expect(world.telephony.cancelled).toEqual([callSid(7)]);
    expect(await world.attemptNow(attempt)).toMatchObject({ state: 'submitted', call_sid: callSid(7) });
    expect(await fencedWrites()).toBe(0);
  });

  it('accepted after the callback was first: nothing is missing and nothing goes back', async () => {
    const attempt = await world.aPlannedAttempt();
    world.telephony.answers.push(async () => {
      await world.deps.attempts.apply(attempt._id, { callSid: callSid(7), eventCount: 1, set: { state: 'in_progress' } });
      return { kind: 'accepted', callSid: callSid(7), status: 'queued' };
    });
    expect(await dial(attempt)).toEqual({ kind: 'done' });
    expect(await world.attemptNow(attempt)).toMatchObject({ state: 'in_progress', call_sid: callSid(7), event_count: 1 });
    expect(await world.all('calllogs')).toMatchObject([{ call_sid: callSid(7) }]);
    expect(world.telephony.cancelled).toEqual([]);
  });

  it('accepted after the call was over and the next attempt planned: the delivery still says when that is due', async () => {
    const attempt = await world.aPlannedAttempt();
    const next_at = new Date(world.time.now().getTime() + HOUR);
    world.telephony.answers.push(async () => {
      const set = { state: 'finished', outcome: 'busy' } as const;
      await world.deps.attempts.apply(attempt._id, { callSid: callSid(7), eventCount: 1, set });
      const contact = { state: 'pending', attempt: 1, reason: 'busy', next_at };
      await world.db.collection('deliveries').updateOne({ _id: attempt.delivery_id }, { $set: { contact } });
      return { kind: 'accepted', callSid: callSid(7), status: 'queued' };
    });
    expect(await dial(attempt)).toEqual({ kind: 'done' });
    expect((await world.deliveryNow({ _id: attempt.delivery_id })).contact).toMatchObject({ state: 'pending', reason: 'busy', next_at });
  });

  const closedMeanwhile = async (attempt: Awaited<ReturnType<World['aPlannedAttempt']>>) => {
    const unknown = async (empty: number) => ({ ...(await world.attemptNow(attempt)), lookups: { count: empty, empty } });
    await world.deps.attempts.unknown(attempt._id, 1);
    await world.deps.attempts.lookedUpInVain(await unknown(0));
    await world.deps.attempts.lookedUpInVain(await unknown(1));
  };

  it('accepted by a zombie: nothing changes, it is counted, and the call that nobody waits for is ended', async () => {
    const attempt = await world.aPlannedAttempt();
    world.telephony.answers.push(async () => {
      await closedMeanwhile(attempt);
      return { kind: 'accepted', callSid: callSid(7), status: 'queued' };
    });
    expect(await dial(attempt)).toMatchObject({ kind: 'skipped' });
    expect(await world.attemptNow(attempt)).toMatchObject({ state: 'not_placed', outcome: 'not_placed' });
    expect(await world.attemptNow(attempt)).not.toHaveProperty('call_sid');
    expect((await world.deliveryNow({ _id: attempt.delivery_id })).contact).toMatchObject({ state: 'pending' });
    expect(world.telephony.cancelled).toEqual([callSid(7)]);
    expect(await fencedWrites()).toBe(1);
  });

  it('refused to a zombie: nothing changes and it is counted', async () => {
    const attempt = await world.aPlannedAttempt();
    world.telephony.answers.push(async () => {
      await closedMeanwhile(attempt);
      return { kind: 'refused', code: 21211, message: 'invalid', action: 'permanent-number' };
    });
    await dial(attempt);
    expect(await world.attemptNow(attempt)).toMatchObject({ state: 'not_placed', outcome: 'not_placed' });
    expect(await fencedWrites()).toBe(1);
    expect(world.producer.ids()).toEqual([]);
  });

  it('a run that names an old epoch can write nothing', async () => {
    const attempt = await world.aPlannedAttempt();
    const { attempts } = world.deps;
    expect(await attempts.claim(attempt)).toMatchObject({ kind: 'claimed', epoch: 1 });
    await attempts.unclaim(attempt._id, 1);
    expect(await attempts.claim(await world.attemptNow(attempt))).toMatchObject({ kind: 'claimed', epoch: 2 });
    const late = [attempts.submitted(attempt._id, 1, callSid(1)), attempts.unknown(attempt._id, 1), attempts.unclaim(attempt._id, 1)];
    expect(await Promise.all(late)).toEqual([false, false, false]);
    expect(await attempts.rejected(attempt._id, 1, 'undialable', '1')).toBe(false);
    expect(await world.attemptNow(attempt)).toMatchObject({ state: 'submitting', epoch: 2 });
  });
});
