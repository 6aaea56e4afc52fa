import { beforeEach, describe, expect, it } from 'vitest';
import { SECOND } from '#src/platform/time.ts';
import { setup, type World } from '#test/support/world.ts';
import { passesIn } from '../a-pass.ts';

let world: World;
beforeEach(async () => {
  world = await setup();
});
const { reconcile, later } = passesIn(() => world);

describe('calls that were cancelled while they were dialed', () => {
  it('are ended, asked again in each pass until they are over', async () => {
    const attempt = await world.aCall({ cancel_requested: true });
    await world.aCall();
    await world.aCall({ cancel_requested: true, state: 'finished', outcome: 'canceled' });
    await later(SECOND);
    await later(SECOND);
    expect(world.telephony.cancelled).toEqual([attempt.call_sid, attempt.call_sid]);
  });

  it('keep no other waiting for ever, where those that are always refused are the oldest', async () => {
    const refused = new Set<string>();
    for (let n = 0; n < 7; n += 1) refused.add(String((await world.aCall({ cancel_requested: true })).call_sid));
    const { call_sid } = await world.aCall({ cancel_requested: true });
    const asked = new Set<string>();
    const cancel: World['telephony']['cancel'] = async (sid) => {
      asked.add(sid);
      return refused.has(sid) ? 'unknown' : 'requested';
    };
    for (let pass = 0; pass < 8; pass += 1) {
      world.time.advance(20 * SECOND);
      await reconcile({ telephony: { ...world.telephony, cancel } });
    }
    expect(asked).toContain(call_sid);
  });

  it('are asked for no more in this pass once Twilio is plainly away; the look-ups go on', async () => {
    for (let n = 0; n < 7; n += 1) await world.aCall({ cancel_requested: true });
    const unknown = await world.aPlannedAttempt({
      state: 'unknown',
      epoch: 1,
      claimed_at: world.time.now(),
      unknown_at: world.time.now(),
    });
    let asked = 0;
    const cancel: World['telephony']['cancel'] = async () => {
      asked += 1;
      return 'unknown';
    };
    await reconcile({ telephony: { ...world.telephony, cancel } });
    expect(asked).toBe(5);
    expect(await world.attemptNow(unknown)).toMatchObject({ lookups: { empty: 1 } });
  });
});
