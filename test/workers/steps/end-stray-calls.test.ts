import { beforeEach, describe, expect, it } from 'vitest';
import { HOUR, MINUTE, SECOND } from '#src/platform/time.ts';
import { CircuitOpen, PermanentlyRefused, ProviderDown } from '#src/providers/errors.ts';
import { setup, type World } from '#test/support/world.ts';
import { passesIn } from '../a-pass.ts';
import { aStray } from '../a-stray.ts';

const down = new ProviderDown('telephony');
let world: World;
beforeEach(async () => {
  world = await setup();
});
const { reconcile, later } = passesIn(() => world);

describe('calls that nobody waits for', () => {
  const statusOf = async (call_sid: string) => (await world.db.collection('calllogs').findOne({ call_sid }))?.['status'];
  const withCancel = (cancel: World['telephony']['cancel']) => reconcile({ telephony: { ...world.telephony, cancel } });

  it('are asked for in each pass until they are over, and then their log says how they ended', async () => {
    const stray = await aStray(world);
    const call = { callSid: stray, to: '+1', from: '+12025550000', status: 'in-progress' };
    world.telephony.calls.push(call);
    await later(11 * SECOND);
    await later(20 * SECOND);
    expect(world.telephony.cancelled).toEqual([stray, stray]);
    expect(await statusOf(stray)).toBe('queued');
    Object.assign(call, { status: 'completed', endTime: world.time.now(), durationSeconds: 31 });
    await later(20 * SECOND);
    expect(await world.db.collection('calllogs').findOne({ call_sid: stray })).toMatchObject({ status: 'completed', duration: 31 });
    await later(20 * SECOND);
    expect(world.telephony.cancelled).toHaveLength(2);
  });

  it('are not forgotten when Twilio does not confirm', async () => {
    const stray = await aStray(world);
    world.time.advance(11 * SECOND);
    await withCancel(async () => 'unknown');
    world.time.advance(20 * SECOND);
    await reconcile();
    expect(world.telephony.cancelled).toEqual([stray]);
  });

  it('are let go of when Twilio still does not know them after an hour', async () => {
    const stray = await aStray(world);
    await later(HOUR + MINUTE);
    expect(await statusOf(stray)).toBe('failed');
  });

  it('are asked to end, too, when Twilio refuses to look them up, and let go of after that hour', async () => {
    const stray = await aStray(world);
    world.telephony.failure = new PermanentlyRefused('telephony', 20_404);
    await later(11 * SECOND);
    expect(world.telephony.cancelled).toEqual([stray]);
    expect(await statusOf(stray)).toBe('queued');
    await later(HOUR + MINUTE);
    expect(await statusOf(stray)).toBe('failed');
  });

  it.each([down, new CircuitOpen('telephony', 5000, { cause: down })])(
    'are let go of when the look-up of one has broken off for a day ($name)',
    async (failure) => {
      const stray = await aStray(world);
      world.telephony.failure = failure;
      await later(23 * HOUR);
      expect(await statusOf(stray)).toBe('queued');
      await later(2 * HOUR);
      expect(await statusOf(stray)).toBe('failed');
    },
  );

  it('are asked about from another one on in each pass: one that opens the circuit again keeps no other waiting for long', async () => {
    const poison = await aStray(world, 1);
    world.time.advance(SECOND);
    const stray = await aStray(world, 2);
    world.telephony.calls.push({ callSid: stray, to: '+1', from: '+12025550000', status: 'in-progress' });
    let sent = false;
    const findCall: World['telephony']['findCall'] = async (sid, signal) => {
      // As while a circuit lets a single request through.
      if (sent) throw new CircuitOpen('telephony', 2000);
      sent = true;
      if (sid === poison) throw new CircuitOpen('telephony', 5000, { cause: down });
      return world.telephony.findCall(sid, signal);
    };
    for (let passes = 0; passes < 2; passes += 1) {
      sent = false;
      world.time.advance(20 * SECOND);
      await reconcile({ telephony: { ...world.telephony, findCall } });
    }
    expect(world.telephony.cancelled).toEqual([stray]);
  });

  it('do not hide the others: a few that Twilio refuses in the same pass, a hundred after an hour', async () => {
    const refused = new Set<string>();
    const telephony: World['telephony'] = {
      ...world.telephony,
      findCall: async (sid, signal) => {
        if (refused.has(sid)) throw new PermanentlyRefused('telephony', 20_404);
        return world.telephony.findCall(sid, signal);
      },
      cancel: async (sid, signal) => (refused.has(sid) ? 'unknown' : world.telephony.cancel(sid, signal)),
    };
    const placed = async (n: number) => {
      const stray = await aStray(world, n);
      world.telephony.calls.push({ callSid: stray, to: '+1', from: '+12025550000', status: 'in-progress' });
      return stray;
    };
    for (let n = 0; n < 10; n += 1) refused.add(await aStray(world, 1000 + n));
    world.time.advance(SECOND);
    const first = await placed(1);
    world.time.advance(11 * SECOND);
    await reconcile({ telephony });
    expect(world.telephony.cancelled).toEqual([first]);

    Object.assign(world.telephony.calls[0] ?? {}, { status: 'completed' });
    for (let n = 10; n < 100; n += 1) refused.add(await aStray(world, 1000 + n));
    world.time.advance(HOUR + MINUTE);
    const second = await placed(2);
    world.time.advance(11 * SECOND);
    for (let passes = 0; passes < 2; passes += 1) await reconcile({ telephony });
    expect(world.telephony.cancelled).toEqual([first, second]);
  });

  it('are neither an attempt’s own call, nor one whose attempt does not know its call yet', async () => {
    await world.aCall();
    const unknown = await world.aCall({ state: 'unknown', claimed_at: world.time.now(), unknown_at: world.time.now() });
    await world.db.collection('callattempts').updateOne({ _id: unknown._id }, { $unset: { call_sid: '' } });
    await later(MINUTE);
    expect(world.telephony.cancelled).toEqual([]);
  });
});
