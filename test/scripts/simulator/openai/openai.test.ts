import OpenAI, { toFile } from 'openai';
import { describe, expect, it } from 'vitest';

import { encodeMp3 } from '#scripts/simulator/audio/mp3.ts';
import type { FaultInput } from '#scripts/simulator/faults.ts';
import type { Simulator } from '#scripts/simulator/simulator.ts';

import { setupSimulator } from '../setup.ts';

const clientOf = (simulator: Simulator, apiKey = 'sk-simulator', timeout = 20_000) =>
  new OpenAI({ apiKey, baseURL: simulator.urls.openai, maxRetries: 0, timeout });

const transcribe = async (simulator: Simulator, audio: Buffer, model = 'gpt-transcribe') =>
  clientOf(simulator).audio.transcriptions.create({ file: await toFile(audio, 'recording.mp3', { type: 'audio/mpeg' }), model });

const schema = {
  type: 'object',
  additionalProperties: false,
  required: ['sentiment', 'keywords', 'instructions', 'priority', 'confidence_score', 'entities', 'summary'],
  properties: {
    sentiment: { type: 'string', enum: ['positive', 'neutral', 'negative'] },
    keywords: { type: 'array', items: { type: 'string' } },
    instructions: { type: ['string', 'null'] },
    priority: { type: 'string', enum: ['low', 'normal', 'high', 'urgent'] },
    confidence_score: { type: 'number' },
    entities: { type: 'array', items: { $ref: '#/$defs/entity' } },
    summary: { type: 'string' },
  },
  $defs: {
    entity: {
      type: 'object',
      additionalProperties: false,
      required: ['type', 'value', 'confidence'],
      properties: { type: { type: 'string' }, value: { type: 'string' }, confidence: { type: 'number' } },
    },
  },
};

const analyse = async (simulator: Simulator, transcript: string, given: Record<string, unknown> = schema) => {
  const completion = await clientOf(simulator).chat.completions.create({
    model: 'gpt-4.1-mini',
    messages: [
      { role: 'system', content: 'Extract.' },
      { role: 'user', content: `<transcript>\n${transcript}\n</transcript>` },
    ],
    response_format: { type: 'json_schema', json_schema: { name: 'analysis', strict: true, schema: given } },
  });
  const [choice] = completion.choices;
  if (!choice) throw new Error('no choice');
  return choice;
};

describe('transcription', () => {
  it('hears what the bytes say, also where two recordings were swapped', async () => {
    const simulator = await setupSimulator();
    const one = await transcribe(simulator, encodeMp3('The gate code is 1234'));
    const other = await transcribe(simulator, encodeMp3('El código de la puerta es 4321'));
    expect(one).toMatchObject({ text: 'The gate code is 1234', languages: [{ code: 'en' }], usage: { type: 'tokens' } });
    expect(other).toMatchObject({ text: 'El código de la puerta es 4321', languages: [{ code: 'es' }] });
  });

  it('refuses what is no audio, an unknown model and a wrong key', async () => {
    const simulator = await setupSimulator();
    await expect(transcribe(simulator, Buffer.from('<html>'))).rejects.toMatchObject({ status: 400 });
    await expect(transcribe(simulator, Buffer.alloc(0))).rejects.toMatchObject({ status: 400 });
    await expect(transcribe(simulator, encodeMp3('hello there'), 'gpt-5-listens')).rejects.toMatchObject({
      status: 404,
      code: 'model_not_found',
    });
    const file = await toFile(encodeMp3('hello there'), 'a.mp3');
    await expect(clientOf(simulator, 'sk-wrong').audio.transcriptions.create({ file, model: 'whisper-1' })).rejects.toMatchObject({
      status: 401,
    });
  });
});

describe('structured chat', () => {
  it('fills the schema from the transcript', async () => {
    const simulator = await setupSimulator();
    const { message, finish_reason: reason } = await analyse(simulator, 'This is urgent, the gate code is 4312, thank you.');
    expect(reason).toBe('stop');
    expect(JSON.parse(message.content ?? '')).toMatchObject({
      sentiment: 'positive',
      priority: 'urgent',
      keywords: ['gate', 'code'],
      instructions: 'This is urgent, the gate code is 4312, thank you.',
      entities: [{ type: 'number', value: '4312' }],
    });
  });

  it.each([
    ['a property that is not required', { ...schema, required: ['sentiment'] }, /'required'.*Missing 'keywords'/],
    ['other properties', { ...schema, additionalProperties: true }, /additionalProperties/],
    [
      'a nested object without rules',
      { ...schema, properties: { ...schema.properties, summary: { type: 'object', properties: {} } } },
      /'summary'/,
    ],
    ['no object at its root', { type: 'array', items: { type: 'string' } }, /type: "object"/],
  ])('refuses a strict schema with %s', async (_what, given, message) => {
    const simulator = await setupSimulator();
    await expect(analyse(simulator, 'hello', given)).rejects.toMatchObject({
      status: 400,
      param: 'response_format',
      message: expect.stringMatching(message) as string,
    });
  });
});

describe('a scripted fault', () => {
  const under = async (kind: Extract<FaultInput, { target: 'openai' }>['kind']) => {
    const simulator = await setupSimulator();
    simulator.addFault({ target: 'openai', kind, retryAfter: 7 });
    return simulator;
  };

  it('limits the rate, and is not the same as an empty purse', async () => {
    await expect(analyse(await under('429'), 'hello')).rejects.toMatchObject({ status: 429, code: 'rate_limit_exceeded' });
    await expect(analyse(await under('insufficient-quota'), 'hello')).rejects.toMatchObject({ status: 429, code: 'insufficient_quota' });
    await expect(transcribe(await under('insufficient-quota'), encodeMp3('hello there'))).rejects.toMatchObject({
      code: 'insufficient_quota',
    });
  });

  it('fails or hangs', async () => {
    await expect(analyse(await under('500'), 'hello')).rejects.toMatchObject({ status: 500 });
    const hanging = clientOf(await under('hang-before'), 'sk-simulator', 300);
    const asked = hanging.chat.completions.create({ model: 'gpt-4.1-mini', messages: [{ role: 'user', content: 'hello' }] });
    await expect(asked).rejects.toThrow(/timed out/i);
  });

  it('spoils the answer', async () => {
    expect((await analyse(await under('refusal'), 'hello')).message).toMatchObject({
      content: null,
      refusal: expect.any(String) as string,
    });
    expect((await analyse(await under('length'), 'hello')).finish_reason).toBe('length');
    const { content } = (await analyse(await under('invalid-json'), 'hello')).message;
    expect(() => JSON.parse(content ?? '') as unknown).toThrow();
    expect((await transcribe(await under('empty-transcript'), encodeMp3('hello there'))).text).toBe('');
  });
});
