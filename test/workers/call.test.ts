import { beforeEach, describe, expect, it } from 'vitest';
import { HOUR, MINUTE, SECOND } from '#src/platform/time.ts';
import { ProviderDown, RateLimited } from '#src/providers/errors.ts';
import { callSid } from '#test/support/fakes/telephony.ts';
import { TRACE_ID } from '#test/support/makers.ts';
import { aJob, setup, type World } from '#test/support/world.ts';
import { placeCall } from '#workers/call.ts';
import type { RunContext } from '#workers/processor.ts';

let world: World;
beforeEach(async () => {
  world = await setup();
});

const dial = (attempt: { _id: { toHexString(): string } }, context: Partial<RunContext> = {}, deps: Partial<World['deps']> = {}) =>
  placeCall({ attemptId: attempt._id.toHexString(), generation: 1, traceId: TRACE_ID }, { ...world.deps, ...deps }, aJob(context));
const controls = () =>
  world.db.collection<{ _id: string; enabled: boolean; daily_budget: number | null; day: string; used: number }>('controls');
const used = async () => (await controls().findOne({ _id: 'calls' }))?.used;
const fencedWrites = async () => (await world.deps.metrics.fencedWrites.get()).values.reduce((sum, { value }) => sum + value, 0);
const historyOf = async (delivery: { _id: unknown }) =>
  (await world.db.collection('trackingevents').find({ delivery_id: delivery._id }).toArray()).map(({ status }) => status as string);

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

  it('does not claim what a cancellation has reached between the last look and the claim', async () => {
    const attempt = await world.aPlannedAttempt();
    const turns = {
      take: async () => {
        await world.deps.attempts.finishPlanned(attempt._id, 'delivery_cancelled', 'delivery_cancelled');
        return { kind: 'taken' as const };
      },
    };
    expect(await dial(attempt, {}, { turns })).toMatchObject({ kind: 'skipped' });
    expect(world.telephony.dialed).toEqual([]);
    expect(await used()).toBe(0);
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

  const meanwhile = (happens: () => Promise<unknown>): Partial<World['deps']> => ({
    turns: {
      take: async () => {
        await happens();
        return { kind: 'taken' as const };
      },
    },
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

  it('tells the driver of a cancelled delivery that it is cancelled, and never that it stands', async () => {
    const attempt = await world.aPlannedAttempt({}, await world.aDelivery({ status: 'cancelled' }));
    await dial(attempt);
    expect((await world.deliveryNow({ _id: attempt.delivery_id })).contact).toMatchObject({ state: 'cancelled' });
    expect(await world.all('notifications')).toMatchObject([{ kind: 'cancelled' }]);
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
    const turns = { take: async () => ({ kind: 'too-long' as const, waitMs: 9000 }) };
    const error: unknown = await dial(attempt, {}, { turns }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(RateLimited);
    expect((error as RateLimited).retryAfterMs).toBeGreaterThan(0);
    expect(await world.attemptNow(attempt)).toMatchObject({ state: 'planned', epoch: 0 });
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
    expect((await world.deps.metrics.fencedWrites.get()).values).toMatchObject([{ labels: { write: 'unclaim' }, value: 1 }]);
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
