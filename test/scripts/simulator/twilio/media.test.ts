import { expect, it } from 'vitest';

import type { FaultInput } from '#scripts/simulator/faults.ts';

import { ask, RECORDING, setup } from '../setup.ts';

const recorded = async () => {
  const { simulator, app, dial } = await setup({ documents: RECORDING });
  simulator.setNumber('+12025550102', { scenario: 'instructions', say: 'The gate code is one two three four', endsBy: 'pause' });
  const callSid = await dial('+12025550102');
  await simulator.idle();
  const sid = app.at('/voice/recorded')[0]?.['RecordingSid'] ?? '';
  const get = async (suffix: string) => {
    const response = await ask(simulator, 'GET', `/Recordings/${sid}${suffix}`);
    return { status: response.status, type: response.headers.get('content-type'), bytes: Buffer.from(await response.arrayBuffer()) };
  };
  return { simulator, callSid, sid, get };
};

it('is a WAV by default, an MP3 when asked for, and has a description', async () => {
  const { simulator, callSid, sid, get } = await recorded();
  expect((await get('')).type).toBe('audio/x-wav');
  expect((await get('.mp3')).type).toBe('audio/mpeg');
  expect(JSON.parse(String((await get('.json')).bytes))).toMatchObject({
    sid,
    call_sid: callSid,
    duration: '3',
    status: 'completed',
    source: 'RecordVerb',
  });
  const list = await ask(simulator, 'GET', `/Calls/${callSid}/Recordings.json`);
  expect(await list.json()).toMatchObject({ recordings: [{ sid, channels: 1 }], next_page_uri: null });
});

it.each([
  ['404', { status: 404 }],
  ['empty', { status: 200, bytes: Buffer.alloc(0) }],
  ['html', { status: 200, type: 'text/html' }],
  ['wrong-type', { status: 200, type: 'application/octet-stream' }],
] as const)('can be spoilt once: %s', async (kind, seen) => {
  const { simulator, get } = await recorded();
  simulator.addFault({ target: 'media', kind } satisfies FaultInput);
  expect(await get('.mp3')).toMatchObject(seen);
  expect(await get('.mp3')).toMatchObject({ status: 200, type: 'audio/mpeg' });
});

it('can be cut off', async () => {
  const { simulator, get } = await recorded();
  const whole = (await get('.mp3')).bytes.length;
  simulator.addFault({ target: 'media', kind: 'truncated' });
  expect((await get('.mp3')).bytes.length).toBe(Math.floor(whole / 2));
});
