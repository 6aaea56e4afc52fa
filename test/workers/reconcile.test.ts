import { beforeEach, describe, expect, it } from 'vitest';
import { MINUTE, SECOND } from '#src/platform/time.ts';
import { CircuitOpen, ProviderDown, ProviderMisconfigured, RateLimited } from '#src/providers/errors.ts';
import { telephonyWithCircuits } from '#src/providers/with-circuits.ts';
import { recordingSid } from '#test/support/fakes/telephony.ts';
import { TRACE_ID } from '#test/support/makers.ts';
import { aJob, setup, type World } from '#test/support/world.ts';
import { runReconcile } from '#workers/reconcile.ts';
import { aStray } from './a-stray.ts';
import { passesIn } from './a-pass.ts';

let world: World;
beforeEach(async () => {
  world = await setup();
});
const { reconcile } = passesIn(() => world);

const UNKNOWNS = 3;

/** Work for each kind of question, and Twilio's lists of calls in trouble: the unknown attempts cannot be looked up. */
async function aBadDay(trouble: Error) {
  for (let n = 0; n < UNKNOWNS; n += 1) {
    await world.aPlannedAttempt({ state: 'unknown', epoch: 1, claimed_at: world.time.now(), unknown_at: world.time.now() });
  }
  const silent = await world.aCall();
  const { call_sid: sid = '', to_number: to } = silent;
  world.telephony.calls.push({ callSid: sid, to, from: '+12025550000', status: 'no-answer', endTime: world.time.now() });
  const left = await world.aCall({
    state: 'finished',
    outcome: 'instructed',
    choice: '2',
    event_count: 0,
    recording: { state: 'expected' },
    finished_at: world.time.now(),
  });
  world.telephony.recordings.push({ recordingSid: recordingSid(9), callSid: left.call_sid ?? '', status: 'completed' });
  const stray = await aStray(world);
  world.telephony.calls.push({ callSid: stray, to: '+1', from: '+12025550000', status: 'in-progress' });
  world.time.advance(4 * MINUTE);
  let lists = 0;
  const telephony: World['telephony'] = {
    ...world.telephony,
    findCallsTo: () => {
      lists += 1;
      return Promise.reject(trouble);
    },
  };
  const filed = async () => (await world.all('webhookevents')).map(({ attempt_id }) => String(attempt_id)).sort();
  return { telephony, filed, both: [String(silent._id), String(left._id)].sort(), stray, lists: () => lists };
}

describe('row 19: one kind of question that Twilio does not answer', () => {
  it.each([
    ['breaks off', new ProviderDown('telephony')],
    ['is held by its circuit', new CircuitOpen('telephony', 5 * SECOND)],
    ['meets a fault of ours', new TypeError('cannot read')],
  ])('because it %s keeps no other from being asked in the same pass', async (_, trouble) => {
    const { telephony, filed, both, stray } = await aBadDay(trouble);
    await reconcile({ telephony });
    expect(await filed()).toEqual(both);
    expect(world.telephony.cancelled).toEqual([stray]);
  });

  it('does so behind the circuits, too', async () => {
    const { telephony, filed, both, stray } = await aBadDay(new ProviderDown('telephony'));
    await reconcile({ telephony: telephonyWithCircuits(telephony, world.deps.metrics) as World['telephony'] });
    expect(await filed()).toEqual(both);
    expect(world.telephony.cancelled).toEqual([stray]);
  });

  it.each([new RateLimited('telephony', 1000), new ProviderMisconfigured('telephony', 20_003)])(
    'by a word to the whole account, $name, ends the questions of this pass',
    async (trouble) => {
      const { telephony, filed, lists } = await aBadDay(trouble);
      await reconcile({ telephony });
      expect(lists()).toBeLessThanOrEqual(5); // those that were on the way
      expect(world.telephony.asked).toEqual([]);
      expect(world.telephony.cancelled).toEqual([]);
      expect(await filed()).toEqual([]);
    },
  );

  it('because the process stops ends the pass', async () => {
    const { telephony } = await aBadDay(new ProviderDown('telephony'));
    const stop = new AbortController();
    const findCallsTo = () => {
      stop.abort(new Error('stopping'));
      return Promise.reject(new ProviderDown('telephony'));
    };
    const deps = { ...world.deps, telephony: { ...telephony, findCallsTo } };
    await expect(runReconcile({ tick: 1, traceId: TRACE_ID }, deps, aJob({ signal: stop.signal }))).rejects.toThrow();
    expect(world.telephony.asked).toEqual([]);
    expect(world.telephony.cancelled).toEqual([]);
  });
});
