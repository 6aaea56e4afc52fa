import { beforeEach, describe, expect, it } from 'vitest';
import { HOUR, MINUTE, SECOND } from '#src/platform/time.ts';
import { RateLimited } from '#src/providers/errors.ts';
import { callSid } from '#test/support/fakes/telephony.ts';
import { setup, type World } from '#test/support/world.ts';
import { dialingIn } from './dialing.ts';

let world: World;
beforeEach(async () => {
  world = await setup();
});
const { dial, controls, used } = dialingIn(() => world);

describe('what must hold at the moment of dialing', () => {
  const meanwhile = (happens: () => Promise<unknown>): Partial<World['deps']> => ({
    turns: {
      ...world.deps.turns,
      take: async () => {
        await happens();
        return { kind: 'taken' as const };
      },
    },
  });

  it('does not claim what a cancellation has reached between the last look and the claim', async () => {
    const attempt = await world.aPlannedAttempt();
    const turns = {
      ...world.deps.turns,
      take: async () => {
        await world.deps.attempts.finishPlanned(attempt._id, 'delivery_cancelled', 'delivery_cancelled');
        return { kind: 'taken' as const };
      },
    };
    expect(await dial(attempt, {}, { turns })).toMatchObject({ kind: 'skipped' });
    expect(world.telephony.dialed).toEqual([]);
    expect(await used()).toBe(0);
  });

  it('does not ring who opted out while the turn was awaited', async () => {
    const attempt = await world.aPlannedAttempt();
    const optOut = () => world.deps.optOuts.add({ _id: attempt.to_number, source: 'call', createdAt: world.time.now() });
    expect(await dial(attempt, {}, meanwhile(optOut))).toEqual({ kind: 'done' });
    expect(world.telephony.dialed).toEqual([]);
    expect(await world.attemptNow(attempt)).toMatchObject({ state: 'finished', outcome: 'opted_out' });
    expect((await world.deliveryNow({ _id: attempt.delivery_id })).contact).toMatchObject({ state: 'opted_out' });
    expect(await used()).toBe(0);
  });

  it.each(['status', 'contact.state'])('does not ring for a delivery whose %s was cancelled while the turn was awaited', async (field) => {
    const attempt = await world.aPlannedAttempt();
    const cancel = () => world.db.collection('deliveries').updateOne({ _id: attempt.delivery_id }, { $set: { [field]: 'cancelled' } });
    expect(await dial(attempt, {}, meanwhile(cancel))).toEqual({ kind: 'done' });
    expect(world.telephony.dialed).toEqual([]);
    expect(await world.attemptNow(attempt)).toMatchObject({ state: 'finished', outcome: 'delivery_cancelled' });
    expect(await used()).toBe(0);
  });

  it('does not ring after the hour that ended while the turn was awaited', async () => {
    world.time.set(new Date('2026-03-11T00:59:59Z')); // 20:59:59 in New York
    const attempt = await world.aPlannedAttempt(
      {},
      await world.aDelivery({ scheduled_time: new Date(world.time.now().getTime() + 20 * HOUR) }),
    );
    const outcome = await dial(
      attempt,
      {},
      meanwhile(async () => world.time.advance(2 * SECOND)),
    );
    expect(outcome).toMatchObject({ kind: 'snoozed', reason: 'quiet_hours' });
    expect(world.telephony.dialed).toEqual([]);
    expect(await world.attemptNow(attempt)).toMatchObject({ state: 'planned' });
    expect(await used()).toBe(0);
  });

  describe('takes no turn from those who may ring', () => {
    const busy = async (attempt: { to_number: string }) =>
      void (await world.aPlannedAttempt({ state: 'in_progress', to_number: attempt.to_number, call_sid: callSid(3) }));
    const control = (set: object) => async () =>
      void (await controls().insertOne({ _id: 'calls', enabled: true, daily_budget: null, day: '2026-03-10', used: 1, ...set }));
    it.each([
      ['while another call to the number is live', busy],
      ['while calling is switched off', control({ enabled: false })],
      ['when the budget is spent', control({ daily_budget: 1 })],
    ])('%s', async (_, prepare) => {
      const attempt = await world.aPlannedAttempt();
      await prepare(attempt);
      let turns = 0;
      const counting = meanwhile(async () => void (turns += 1));
      expect(await dial(attempt, {}, counting)).toMatchObject({ kind: 'snoozed' });
      expect(turns).toBe(0);
      expect(await world.attemptNow(attempt)).toMatchObject({ state: 'planned', epoch: 0 });
    });
  });

  it('leaves the turn to others when it would be long in coming', async () => {
    const attempt = await world.aPlannedAttempt();
    const turns = { ...world.deps.turns, take: async () => ({ kind: 'too-long' as const, waitMs: 9000 }) };
    const error: unknown = await dial(attempt, {}, { turns }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(RateLimited);
    expect((error as RateLimited).retryAfterMs).toBeGreaterThan(0);
    expect(await world.attemptNow(attempt)).toMatchObject({ state: 'planned', epoch: 0 });
  });

  it('gives the attempt back when no moment to depart comes before its claim is too old', async () => {
    const attempt = await world.aPlannedAttempt();
    const turns = { ...world.deps.turns, depart: async () => ({ kind: 'too-long' as const, waitMs: 9000 }) };
    world.telephony.answers.push(async ({ mayStart }) => {
      const error: unknown = await mayStart?.().catch((thrown: unknown) => thrown);
      return { kind: 'not-sent', error: error as Error };
    });
    const error: unknown = await dial(attempt, {}, { turns }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: 'RateLimited', retryAfterMs: 9000 });
    expect(await world.attemptNow(attempt)).toMatchObject({ state: 'planned', epoch: 1 });
    expect(await used()).toBe(0);
  });

  it.each([
    ['the window has ended', 13 * HOUR],
    ['the claim has become too old', MINUTE],
  ])('sends nothing when %s while the connection was made; the job looks again, at no cost', async (_, passes) => {
    const attempt = await world.aPlannedAttempt();
    world.telephony.answers.push(async ({ mayStart }) => {
      world.time.advance(passes);
      const error: unknown = await mayStart?.().catch((thrown: unknown) => thrown);
      return { kind: 'not-sent', error: error as Error };
    });
    expect(await dial(attempt)).toMatchObject({ kind: 'snoozed', reason: 'the moment to dial had passed' });
    expect(await world.attemptNow(attempt)).toMatchObject({ state: 'planned', epoch: 1 });
  });
});
