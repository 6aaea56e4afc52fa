import { beforeEach, describe, expect, it } from 'vitest';
import { MINUTE } from '#src/platform/time.ts';
import { ProviderDown } from '#src/providers/errors.ts';
import { recordingSid } from '#test/support/fakes/telephony.ts';
import { setup, type World } from '#test/support/world.ts';
import { hex, passesIn } from '../a-pass.ts';

let world: World;
beforeEach(async () => {
  world = await setup();
});
const { reconcile, later, applyEvents } = passesIn(() => world);

describe('recordings that were never announced', () => {
  const expected = () =>
    world.aCall({
      state: 'finished',
      outcome: 'instructed',
      choice: '2',
      event_count: 0,
      recording: { state: 'expected' },
      finished_at: world.time.now(),
    });

  it('are found at Twilio', async () => {
    const attempt = await expected();
    world.telephony.recordings.push({
      recordingSid: recordingSid(9),
      callSid: attempt.call_sid ?? '',
      status: 'completed',
      durationSeconds: 11,
    });
    await later(3 * MINUTE);
    await applyEvents();
    expect(await world.attemptNow(attempt)).toMatchObject({ recording: { state: 'pending', sid: recordingSid(9), duration: 11 } });
    expect(world.producer.ids('recording')).toEqual([`recording-${hex(attempt)}`]);
  });

  it('one that cannot be asked for keeps no other waiting', async () => {
    const poison = await expected();
    const attempt = await expected();
    world.telephony.recordings.push({ recordingSid: recordingSid(9), callSid: attempt.call_sid ?? '', status: 'completed' });
    const listRecordings: World['telephony']['listRecordings'] = async (sid, signal) => {
      if (sid === poison.call_sid) throw new ProviderDown('telephony');
      return world.telephony.listRecordings(sid, signal);
    };
    world.time.advance(3 * MINUTE);
    await reconcile({ telephony: { ...world.telephony, listRecordings } });
    expect(await world.all('webhookevents')).toMatchObject([{ attempt_id: attempt._id }]);
  });

  it('are taken for absent after ten minutes, and the driver is told to ask', async () => {
    const attempt = await expected();
    await later(9 * MINUTE);
    await applyEvents();
    expect(await world.attemptNow(attempt)).toMatchObject({ recording: { state: 'expected' } });
    await later(2 * MINUTE);
    await applyEvents();
    expect(await world.attemptNow(attempt)).toMatchObject({ recording: { state: 'absent' } });
    expect(await world.all('notifications')).toMatchObject([{ kind: 'instructions' }]);
  });
});
