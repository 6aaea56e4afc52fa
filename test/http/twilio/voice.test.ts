import { XMLParser } from 'fast-xml-parser';
import { beforeAll, describe, expect, it } from 'vitest';
import { PUBLIC_URL, webWorld, type WebWorld } from '#test/support/web-world.ts';
import { aCall, callBack, refusals, type Parameters } from './a-callback.ts';

let world: WebWorld;
beforeAll(async () => {
  world = await webWorld();
});

const parser = new XMLParser({ ignoreAttributes: false, attributeNamePrefix: '', isArray: (name) => name === 'Say' });
interface Said {
  '#text': string;
  language: string;
}
interface Twiml {
  Say?: Said[];
  Gather?: { Say: Said[]; action: string; numDigits: string; actionOnEmptyResult: string };
  Record?: Record<string, string>;
  Hangup?: string;
}

type Call = Awaited<ReturnType<typeof aCall>>;

async function ask(call: Call, name: string, more: Parameters = {}, path = call.path(name)) {
  const answer = await callBack(world, path, { ...call.common, CallStatus: 'in-progress', Direction: 'outbound-api', ...more });
  expect(answer.statusCode).toBe(200);
  expect(answer.headers['content-type']).toMatch(/^text\/xml/);
  const { Response: twiml } = parser.parse(answer.body) as { Response: Twiml };
  const said = [...(twiml.Gather?.Say ?? []), ...(twiml.Say ?? [])];
  return { twiml, body: answer.body, words: said.map((say) => say['#text']).join(' '), languages: said.map(({ language }) => language) };
}

const APOLOGY = 'something went wrong on our side';

describe('the greeting', () => {
  it('is by name, offers the menu and waits for one key', async () => {
    const call = await aCall(world);
    const { twiml, words, languages } = await ask(call, 'voice');
    expect(words).toContain('Hello Ada Lovelace.');
    expect(words).toContain('will be recorded');
    for (const key of ['1', '2', '3', '9']) expect(words).toContain(`press ${key}.`);
    expect(new Set(languages)).toEqual(new Set(['en-US']));
    expect(twiml.Gather).toMatchObject({ numDigits: '1', actionOnEmptyResult: 'true' });
    expect(twiml.Gather?.action.split('#')[0]).toBe(PUBLIC_URL + call.path('choice'));
    expect(await call.events()).toEqual([]);
  });

  it.each([
    ['es', 'Hola, Ada Lovelace.', 'es-MX'],
    ['es-MX', 'Hola, Ada Lovelace.', 'es-MX'],
    ['de', 'Hello Ada Lovelace.', 'en-US'],
  ])('to a customer who speaks %s: %s', async (language, greeting, voice) => {
    const call = await aCall(world, { customer: { preferences: { language, timezone: 'America/New_York' } } });
    const { words, languages } = await ask(call, 'voice');
    expect(words).toContain(greeting);
    expect(new Set(languages)).toEqual(new Set([voice]));
  });

  it('names the day and hour by the customer’s clock', async () => {
    const call = await aCall(world, { customer: { preferences: { timezone: 'America/Los_Angeles' } } });
    const { words } = await ask(call, 'voice');
    // Five hours after 15:00 in UTC.
    expect(words).toMatch(/at 1[23]:00 PM/);
  });

  it('says a name, whatever it is, and never obeys it', async () => {
    const name = '<Say>&"evil"\'</Say><Hangup/>';
    const call = await aCall(world, { customer: { name } });
    const { twiml, words, body } = await ask(call, 'voice');
    expect(body).not.toContain('<Say>&');
    expect(Object.keys(twiml)).toEqual(['Gather']);
    expect(Object.keys(twiml.Gather ?? {}).toSorted()).toEqual(
      ['Say', 'action', 'actionOnEmptyResult', 'input', 'method', 'numDigits', 'timeout'].toSorted(),
    );
    expect(words).toContain(`Hello ${name}`);
  });
});

describe('a key', () => {
  it.each([
    ['1', 'Your delivery is confirmed'],
    ['3', 'arrange another time'],
    ['9', 'We will not call you again'],
  ])('%s is filed, then acknowledged: %s', async (Digits, thanks) => {
    const call = await aCall(world);
    const { words, twiml } = await ask(call, 'choice', { Digits });
    expect(words).toContain(thanks);
    expect(twiml).toHaveProperty('Hangup');
    const [event, ...more] = await call.events();
    expect(more).toEqual([]);
    expect(event).toMatchObject({ kind: 'choice', call_sid: call.callSid, state: 'received', data: { digits: Digits } });
    expect((await world.jobs('call-event')).map(({ data }) => data.eventId)).toContain(String(event?.['_id']));
  });

  it('2 records a message of two minutes at the most, and asks to be told of it', async () => {
    const call = await aCall(world);
    const { twiml, words } = await ask(call, 'choice', { Digits: '2' });
    expect(words).toContain('after the beep');
    expect(Number(twiml.Record?.['maxLength'])).toBeGreaterThan(0);
    expect(Number(twiml.Record?.['maxLength'])).toBeLessThanOrEqual(120);
    expect(twiml.Record).toMatchObject({ playBeep: 'true', recordingStatusCallbackEvent: 'completed absent' });
    expect(twiml.Record?.['action']?.split('#')[0]).toBe(PUBLIC_URL + call.path('recorded'));
    expect(twiml.Record?.['recordingStatusCallback']?.split('#')[0]).toBe(PUBLIC_URL + call.path('recording'));
    expect(await call.events()).toMatchObject([{ kind: 'choice', data: { digits: '2' } }]);
    expect((await ask(call, 'recorded')).words).toContain('pass your message on');
  });

  it.each([
    ['none', ''],
    ['another', '5'],
    ['another', '#'],
    ['more than one', '11'],
  ])('%s (%j) is not filed', async (_which, Digits) => {
    const call = await aCall(world);
    const { words, twiml } = await ask(call, 'choice', { Digits });
    expect(words).toContain('did not receive your choice');
    expect(twiml).toHaveProperty('Hangup');
    expect(await call.events()).toEqual([]);
  });

  it('told twenty times at once is filed once, and each time acknowledged', async () => {
    const call = await aCall(world);
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask(call, 'choice', { Digits: '1' })));
    for (const { words } of answers) expect(words).toContain('is confirmed');
    expect(await call.events()).toHaveLength(1);
  });

  it('that is told after the end of the call still counts', async () => {
    const call = await aCall(world, { attempt: { state: 'finished' } });
    await ask(call, 'choice', { Digits: '9' });
    expect(await call.events()).toMatchObject([{ kind: 'choice', data: { digits: '9' } }]);
  });
});

describe('a call that is cancelled while it rings or is spoken in', () => {
  const NOT_NEEDED = 'no longer needed';
  const cancelled = () => aCall(world, { attempt: { cancel_requested: true } });

  it('offers nothing any more and ends', async () => {
    const { words, twiml } = await ask(await cancelled(), 'voice');
    expect(words).toContain(NOT_NEEDED);
    expect(twiml).toHaveProperty('Hangup');
    expect(twiml).not.toHaveProperty('Gather');
  });

  it.each(['1', '2', '3', ''])('takes no answer (%j)', async (Digits) => {
    const call = await cancelled();
    const { words, twiml } = await ask(call, 'choice', { Digits });
    expect(words).toContain(NOT_NEEDED);
    expect(twiml).toHaveProperty('Hangup');
    expect(await call.events()).toEqual([]);
  });

  it('but "never again" counts', async () => {
    const call = await cancelled();
    expect((await ask(call, 'choice', { Digits: '9' })).words).toContain('We will not call you again');
    expect(await call.events()).toMatchObject([{ kind: 'choice', data: { digits: '9' } }]);
  });
});

describe('a call that is none of ours', () => {
  it.each(['voice', 'choice'])('is answered at /%s with an apology, and nothing is written', async (name) => {
    const call = await aCall(world);
    const over = await aCall(world, { attempt: { state: 'finished', call_sid: `CA${name.length.toString().repeat(32)}` } });
    const planned = await aCall(world, { attempt: { state: 'planned' } });
    const before = await world.everything();
    const counted = (await refusals(world))['attempt'] ?? 0;
    const Digits = '1';
    const unknown = await ask(call, name, { Digits }, `/webhooks/twilio/${name}/${'f'.repeat(24)}`);
    expect((await refusals(world))['attempt']).toBe(counted + 1);
    const asked = [unknown, await ask(call, name, { Digits, CallSid: `CA${'e'.repeat(32)}` }), await ask(over, name, { Digits })];
    for (const { words } of [...asked, await ask(planned, name, { Digits })]) {
      expect(words).toContain(APOLOGY);
      expect(words).not.toContain('Ada');
    }
    expect(await world.everything()).toBe(before);
  });

  it('or that is over, is greeted no more', async () => {
    const call = await aCall(world, { attempt: { state: 'finished' } });
    expect((await ask(call, 'voice')).words).toContain(APOLOGY);
  });
});
