import { describe, expect, it } from 'vitest';

import { createClock } from '#scripts/simulator/clock.ts';
import { createPerson } from '#scripts/simulator/person.ts';
import type { Step } from '#scripts/simulator/scenarios.ts';
import type { Scene } from '#scripts/simulator/twilio/scene.ts';
import { createTimeline } from '#scripts/simulator/twilio/timeline.ts';
import { parseTwiml } from '#scripts/simulator/twilio/twiml.ts';
import { follow } from '#scripts/simulator/twilio/verbs.ts';

/** Follows the first verb of a document with a person who behaves as told; says where it led, how long it took and what was noticed. */
const play = async (step: Step, xml: string) => {
  const notes: [string, Record<string, unknown>][] = [];
  const taped: string[] = [];
  const timeline = createTimeline(createClock({ instant: true }));
  const scene: Scene = {
    person: createPerson(step, '+12025550100', 0),
    timeline,
    documentUrl: 'https://example.com/voice/greet?a=1',
    language: 'en',
    prompts: 0,
    startTape: () => ({
      finish: (text) => {
        taped.push(text);
        return text === '' ? null : { RecordingSid: 'RE1' };
      },
    }),
    note: (kind, details) => notes.push([kind, details]),
  };
  const began = timeline.now();
  const [verb] = parseTwiml(`<Response>${xml}</Response>`);
  if (!verb) throw new Error('no verb');
  const next = await follow(verb, scene);
  return { next, ms: timeline.now() - began, notes, taped };
};

describe('Say', () => {
  it('lasts as long as it takes to say it', async () => {
    const short = await play({ scenario: 'confirm' }, '<Say>one two three</Say>');
    const long = await play({ scenario: 'confirm' }, '<Say>one two three four five six</Say>');
    expect(short.ms).toBe(1080);
    expect(long.ms).toBe(2 * short.ms);
  });
});

describe('Gather', () => {
  it('hands the keys to its action, which may be relative', async () => {
    const { next } = await play({ scenario: 'another-time' }, '<Gather numDigits="1" action="choice?b=2"><Say>Press 3</Say></Gather>');
    expect(next).toMatchObject({
      kind: 'fetch',
      event: 'gather',
      method: 'POST',
      url: 'https://example.com/voice/choice?b=2',
      params: { Digits: '3' },
    });
  });

  it('asks its own document again where it names no action', async () => {
    expect((await play({ scenario: 'confirm' }, '<Gather numDigits="1"/>')).next).toMatchObject({
      url: 'https://example.com/voice/greet?a=1',
    });
  });

  it('falls through after its timeout when nothing is pressed', async () => {
    const { next, ms } = await play({ scenario: 'silent' }, '<Gather numDigits="1" timeout="7" action="/x"/>');
    expect(next).toEqual({ kind: 'on' });
    expect(ms).toBe(7000);
  });

  it('can be told to ask its action even then', async () => {
    const { next } = await play({ scenario: 'silent' }, '<Gather numDigits="1" actionOnEmptyResult="true" action="/x"/>');
    expect(next).toMatchObject({ kind: 'fetch', params: { Digits: '' } });
  });

  it('takes no more keys than it asked for, and none after the finishing one', async () => {
    const one = await play({ scenario: 'confirm', digits: ['123'] }, '<Gather numDigits="2" action="/x"/>');
    const two = await play({ scenario: 'confirm', digits: ['12*34'] }, '<Gather finishOnKey="*" action="/x"/>');
    expect([one.next, two.next]).toMatchObject([{ params: { Digits: '12' } }, { params: { Digits: '12' } }]);
  });
});

describe('Record', () => {
  const record = '<Record action="/done" maxLength="60" timeout="4"/>';

  it('waits out the pause at the end of what is said', async () => {
    const { next, ms, taped } = await play({ scenario: 'instructions', say: 'one two three four five', endsBy: 'pause' }, record);
    expect(next).toMatchObject({
      kind: 'fetch',
      event: 'record',
      url: 'https://example.com/done',
      params: { RecordingSid: 'RE1', Digits: '' },
    });
    expect(ms).toBe(500 + 5 * 360 + 4000); // beep, words, pause
    expect(taped).toEqual(['one two three four five']);
  });

  it('ends with a key', async () => {
    const { next } = await play({ scenario: 'instructions', say: 'one two', endsBy: 'key' }, record);
    expect(next).toMatchObject({ params: { Digits: '#' } });
  });

  it('ends when the person hangs up, and its action is still told', async () => {
    const { next } = await play({ scenario: 'instructions', say: 'one two', endsBy: 'hangup' }, record);
    expect(next).toMatchObject({ params: { Digits: 'hangup', CallStatus: 'completed' }, goodbye: true });
  });

  it('cuts a long speech off', async () => {
    const { taped } = await play(
      { scenario: 'instructions', say: 'one two three four five six' },
      '<Record action="/done" maxLength="1"/>',
    );
    expect(taped).toEqual(['one two']);
  });

  it('is absent where nothing is said, and the call goes on', async () => {
    const { next, taped } = await play({ scenario: 'voicemail' }, record);
    expect(next).toEqual({ kind: 'on' });
    expect(taped).toEqual(['']);
  });
});

describe('the rest', () => {
  it('redirects to another document', async () => {
    const { next } = await play({ scenario: 'confirm' }, '<Redirect method="GET">../other?x=1&amp;y=2</Redirect>');
    expect(next).toMatchObject({ kind: 'fetch', method: 'GET', url: 'https://example.com/other?x=1&y=2' });
  });

  it.each(['Hangup', 'Reject'])('ends with %s', async (name) => {
    expect((await play({ scenario: 'confirm' }, `<${name}/>`)).next).toEqual({ kind: 'hang-up' });
  });

  it('refuses a verb that it does not know, at the top and in a prompt', async () => {
    await expect(play({ scenario: 'confirm' }, '<Conference/>')).rejects.toMatchObject({ code: 12200 });
    await expect(play({ scenario: 'confirm' }, '<Gather><Record/></Gather>')).rejects.toMatchObject({ code: 12200 });
  });
});
