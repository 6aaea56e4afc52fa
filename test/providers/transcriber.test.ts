import { expect, it } from 'vitest';
import { PermanentlyRefused, ProviderDown, ProviderMisconfigured, RateLimited } from '#src/providers/errors.ts';
import { createOpenAiTranscriber } from '#src/providers/transcriber.openai.ts';
import { openAiAt, openAiError } from './openai-stub.ts';
import { deadUrl, failure, hang, json, patience, reset, stubServer, words } from './stub-server.ts';

const AUDIO = Buffer.from([0x49, 0x44, 0x33, 0x00, 0xff, 0xfe, 0x0d, 0x0a]);
const request = { bytes: AUDIO, filename: 'recording.mp3', contentType: 'audio/mpeg' };
const transcribe = (url: string, over = {}, signal = patience()) =>
  createOpenAiTranscriber(openAiAt(url)).transcribe({ ...request, ...over }, signal);

it('sends the audio byte for byte, and nothing that the model does not know', async () => {
  const openai = await stubServer(json(200, { text: ' Leave it with Ann. ', languages: [{ code: 'en' }] }));
  expect(await transcribe(openai.url, { languageHint: 'en' })).toEqual({ text: 'Leave it with Ann.', language: 'en' });
  const { method, target, headers, body } = openai.received[0] ?? {};
  expect({ method, target }).toEqual({ method: 'POST', target: '/v1/audio/transcriptions' });
  expect(headers?.authorization).toBe('Bearer sk-secret');
  const sent = await new Response(new Uint8Array(body ?? []), {
    headers: { 'content-type': String(headers?.['content-type']) },
  }).formData();
  expect([...sent.keys()].sort()).toEqual(['file', 'language', 'model', 'response_format']);
  expect(sent.get('model')).toBe('gpt-transcribe');
  const file = sent.get('file') as File;
  expect({ name: file.name, type: file.type }).toEqual({ name: 'recording.mp3', type: 'audio/mpeg' });
  expect(Buffer.from(await file.arrayBuffer())).toEqual(AUDIO);
});

it('invents neither language nor confidence', async () => {
  const openai = await stubServer(json(200, { text: '', languages: [] }));
  expect(await transcribe(openai.url)).toEqual({ text: '' });
});

it.each([
  ['429', json(429, openAiError('rate_limit_exceeded'), { 'retry-after': '3' }), RateLimited],
  ['an exhausted quota', json(429, openAiError('insufficient_quota', 'insufficient_quota')), ProviderMisconfigured],
  ['an account that is not paid', json(429, openAiError('billing_not_active')), ProviderMisconfigured],
  ['a limit of spending', json(400, openAiError('billing_hard_limit_reached')), ProviderMisconfigured],
  ['401', json(401, openAiError('invalid_api_key')), ProviderMisconfigured],
  ['an unknown model', json(404, openAiError('model_not_found')), ProviderMisconfigured],
  ['400', json(400, openAiError('invalid_value')), PermanentlyRefused],
  ['500', json(500, openAiError(null)), ProviderDown],
  ['503', json(503, 'away'), ProviderDown],
  ['a redirect', json(307, '', { location: 'http://127.0.0.1:1/' }), ProviderDown],
  ['a cut connection', reset, ProviderDown],
  ['an answer that is no transcript', json(200, { words: [] }), ProviderDown],
])('row 22: %s is one request and tells what can be done', async (_, answer, kind) => {
  const openai = await stubServer(answer);
  const error = await failure(transcribe(openai.url));
  expect(error).toBeInstanceOf(kind);
  expect(error).toMatchObject({ provider: 'transcriber' });
  expect(words(error)).not.toContain('secret words');
  expect(openai.received).toHaveLength(1);
});

it('waits as finely as it is asked to', async () => {
  const headers = { 'retry-after': '3', 'retry-after-ms': '2250' };
  const openai = await stubServer(json(429, openAiError('rate_limit_exceeded'), headers));
  expect(await failure(transcribe(openai.url))).toMatchObject({ retryAfterMs: 2250 });
});

it('row 22: a hang ends with its time-out, after 60 s unless told otherwise, and is a provider that is down', async () => {
  const openai = await stubServer(hang);
  const transcriber = createOpenAiTranscriber({ ...openAiAt(openai.url), timeoutMs: 100 });
  const error = await failure(transcriber.transcribe(request, patience()));
  expect(error).toBeInstanceOf(ProviderDown);
  expect(openai.received).toHaveLength(1);
});

it('waits as long as it is asked to', async () => {
  const openai = await stubServer(json(429, openAiError('rate_limit_exceeded'), { 'retry-after': '3' }));
  expect(await failure(transcribe(openai.url))).toMatchObject({ retryAfterMs: 3000 });
});

it('nobody listening is a provider that is down', async () => {
  expect(await failure(transcribe(await deadUrl()))).toBeInstanceOf(ProviderDown);
});

it('ends with the signal', async () => {
  const given = new AbortController();
  const openai = await stubServer((reply, received) => {
    void hang(reply, received);
    given.abort(new Error('stopping'));
  });
  expect(await failure(transcribe(openai.url, {}, given.signal))).toBe(given.signal.reason);
});
