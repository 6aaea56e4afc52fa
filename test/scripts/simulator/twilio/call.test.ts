import twilio from 'twilio';
import { describe, expect, it } from 'vitest';

import { ask, RECORDING, setup } from '../setup.ts';

describe('a call that is answered', () => {
  it('is told about from the first ring to the end, and follows the TwiML that it is given', async () => {
    const { simulator, app, dial } = await setup();
    simulator.setNumber('+12025550101', 'confirm');
    const sid = await dial('+12025550101');
    await simulator.idle();

    const statuses = app.at('/status').sort((a, b) => Number(a['SequenceNumber']) - Number(b['SequenceNumber']));
    expect(statuses.map(({ CallStatus }) => CallStatus)).toEqual(['initiated', 'ringing', 'in-progress', 'completed']);
    expect(statuses.every(({ CallSid, Direction }) => CallSid === sid && Direction === 'outbound-api')).toBe(true);
    expect(app.at('/voice/greet')).toMatchObject([{ CallSid: sid, CallStatus: 'in-progress', To: '+12025550101' }]);
    expect(app.at('/voice/choice')).toMatchObject([{ CallSid: sid, Digits: '1' }]);
    expect(simulator.log.entries({ kind: 'heard', callSid: sid }).map((entry) => entry['text'])).toEqual([
      'Hello Ann & Bob, press 1 to confirm or 2 to leave a message.',
      'Thank you.',
    ]);
  });

  it('lasts as long as what happens in it, however fast it is simulated', async () => {
    const { simulator, app, dial } = await setup();
    await dial('+12025550104'); // silent
    simulator.setNumber('+12025550105', { scenario: 'hang-up', hangsUpAfterMs: 4000 });
    await dial('+12025550105');
    await simulator.idle();
    const [heardOut, cutShort] = simulator.calls();
    // 14 words, 6 seconds of silence, 5 words; 360 ms a word
    expect(Date.parse(heardOut?.endedAt ?? '') - Date.parse(heardOut?.answeredAt ?? '')).toBe(19 * 360 + 6000);
    expect(cutShort).toMatchObject({ seconds: 4, status: 'completed' });
    const end = app.at('/status').find(({ To, CallDuration }) => To === '+12025550104' && CallDuration !== undefined);
    expect(end).toMatchObject({ CallDuration: '13', Duration: '1', SipResponseCode: '200', CallStatus: 'completed' });
  });

  it('is signed so that the twilio package accepts it', async () => {
    const { simulator, app, dial } = await setup();
    await dial('+12025550101');
    await simulator.idle();
    expect(app.received.length).toBeGreaterThan(4);
    for (const { path, params, signature } of app.received) {
      const query = path === '/status' ? '' : '?attempt=7';
      expect(twilio.validateRequest('simulator-auth-token', signature, `${app.url}${path}${query}`, params)).toBe(true);
      expect(twilio.validateRequest('another-token', signature, `${app.url}${path}${query}`, params)).toBe(false);
    }
  });

  it('leaves a recording that can be fetched, and says so', async () => {
    const { simulator, app, dial } = await setup({ documents: RECORDING });
    simulator.setNumber('+12025550102', { scenario: 'instructions', say: 'Leave it behind the green bins please', endsBy: 'key' });
    const sid = await dial('+12025550102');
    await simulator.idle();

    const [action] = app.at('/voice/recorded');
    const recordingSid = action?.['RecordingSid'] ?? '';
    expect(action).toMatchObject({ CallSid: sid, RecordingDuration: '3', Digits: '#' });
    expect(app.at('/recording').map(({ RecordingStatus }) => RecordingStatus)).toEqual(['in-progress', 'completed']);
    expect(app.at('/recording')[1]).toMatchObject({
      RecordingSid: recordingSid,
      RecordingDuration: '3',
      RecordingSource: 'RecordVerb',
      RecordingChannels: '1',
    });

    const media = await ask(simulator, 'GET', `/Recordings/${recordingSid}.mp3`);
    expect(media.headers.get('content-type')).toBe('audio/mpeg');
    expect((await media.arrayBuffer()).byteLength).toBeGreaterThan(5000);
    expect((await ask(simulator, 'DELETE', `/Recordings/${recordingSid}.json`)).status).toBe(204);
    expect((await ask(simulator, 'GET', `/Recordings/${recordingSid}.mp3`)).status).toBe(404);
  });

  it('has no recording of a machine that listens, and goes on with the next verb', async () => {
    const { simulator, app, dial } = await setup({ documents: { '/voice/greet': RECORDING['/voice/choice'] } });
    const sid = await dial('+12025550106', { MachineDetection: 'Enable', AsyncAmd: 'true', AsyncAmdStatusCallback: `${app.url}/amd` });
    await simulator.idle();
    expect(app.at('/amd')).toEqual([
      { AccountSid: simulator.env['TWILIO_ACCOUNT_SID'], CallSid: sid, AnsweredBy: 'machine_start', MachineDetectionDuration: '4000' },
    ]);
    expect(app.at('/recording').at(-1)).toMatchObject({ RecordingStatus: 'absent', RecordingDuration: '0' });
    expect(app.at('/voice/recorded')).toEqual([]);
    expect(simulator.log.entries({ kind: 'heard', callSid: sid }).at(-1)).toMatchObject({ text: 'Nothing heard.' });
  });

  it('ends with an error in the log where the TwiML is not understood or cannot be had', async () => {
    const { simulator, app, dial } = await setup({ documents: { '/voice/greet': '<Response><Dance/></Response>' } });
    app.refusals.set('/voice/broken', [500]);
    await dial('+12025550101');
    await dial('+12025550101', { Url: `${app.url}/voice/broken` });
    await simulator.idle();
    const errors = simulator.log.entries({ kind: 'error' });
    expect(errors.map((entry) => [entry['applicationError'], entry['code']]).sort()).toEqual([
      [true, 11200],
      [true, 12200],
    ]);
    expect(simulator.calls().map(({ status }) => status)).toEqual(['completed', 'completed']);
  });
});

describe('a call that is not answered', () => {
  it.each([
    ['+12025550107', 'busy', '486', ['initiated', 'ringing', 'busy']],
    ['+12025550108', 'no-answer', '487', ['initiated', 'ringing', 'no-answer']],
    ['+12025550110', 'failed', '404', ['initiated', 'failed']],
  ])('to %s ends as %s', async (to, status, sipCode, statuses) => {
    const { simulator, app, dial } = await setup();
    await dial(to, { Timeout: '25' });
    await simulator.idle();
    const told = app.at('/status').sort((a, b) => Number(a['SequenceNumber']) - Number(b['SequenceNumber']));
    expect(told.map(({ CallStatus }) => CallStatus)).toEqual(statuses);
    expect(told.at(-1)).toMatchObject({ SipResponseCode: sipCode, CallDuration: '0' });
    expect(simulator.calls()).toMatchObject([{ status, seconds: 0, answeredAt: null }]);
    expect(app.at('/voice/greet')).toEqual([]);
  });

  it('rings no longer than it was asked to', async () => {
    const { simulator, dial } = await setup();
    await dial('+12025550108', { Timeout: '25' });
    await simulator.idle();
    const [call] = simulator.calls();
    expect(Date.parse(call?.endedAt ?? '') - Date.parse(call?.startedAt ?? '')).toBe(25_600);
  });

  it('meets the next scenario of its sequence the next time, and the last one for ever', async () => {
    const { simulator, dial } = await setup();
    for (let n = 0; n < 3; n += 1) await dial('+12025550112');
    await simulator.idle();
    expect(simulator.calls().map(({ scenario }) => scenario)).toEqual(['no-answer', 'confirm', 'confirm']);
  });
});

describe('a callback', () => {
  const faulty = async (fault: { kind: 'drop' | 'duplicate' | 'reorder'; copies?: number }) => {
    const world = await setup();
    world.simulator.addFault({ target: 'callback', match: { event: 'completed' }, ...fault });
    await world.dial('+12025550107');
    await world.simulator.idle();
    return world.app.at('/status').filter(({ CallStatus }) => CallStatus === 'busy');
  };

  it('can be lost', async () => {
    expect(await faulty({ kind: 'drop' })).toEqual([]);
  });

  it('can come many times over', async () => {
    expect(await faulty({ kind: 'duplicate', copies: 20 })).toHaveLength(20);
  });

  it('can be overtaken by the next one', async () => {
    const { simulator, app, dial } = await setup();
    simulator.addFault({ target: 'callback', kind: 'reorder', match: { event: 'initiated' } });
    await dial('+12025550107');
    await simulator.idle();
    expect(app.at('/status')[0]?.['CallStatus']).not.toBe('initiated');
    expect(app.at('/status')).toHaveLength(3);
  });

  it('is tried again as its URL says, with the same token', async () => {
    const { simulator, app, dial } = await setup();
    app.refusals.set('/status', [503, 503]);
    await dial('+12025550107', { StatusCallback: `${app.url}/status#rc=3&rp=all`, StatusCallbackEvent: 'completed' });
    await simulator.idle();
    const tries = app.received.filter(({ path }) => path === '/status');
    expect(tries).toHaveLength(3);
    expect(new Set(tries.map(({ token }) => token)).size).toBe(1);
    expect(simulator.log.entries({ kind: 'callback' }).map((entry) => entry['status'])).toEqual([503, 503, 204]);
  });

  it('is not tried again after a 503 by default', async () => {
    const { simulator, app, dial } = await setup();
    app.refusals.set('/status', [503]);
    await dial('+12025550107', { StatusCallbackEvent: 'completed' });
    await simulator.idle();
    expect(app.at('/status')).toHaveLength(1);
  });
});
