import { describe, expect, it } from 'vitest';
import { encodeMp3 } from '#scripts/simulator/audio/mp3.ts';
import { ProviderDown, ProviderMisconfigured, RateLimited, RecordingNotFound, RecordingUnusable } from '#src/providers/errors.ts';
import { failure, hang, json, patience, reset, stubServer, type Answering } from './stub-server.ts';
import { ACCOUNT, RECORDING, telephonyAt } from './twilio-stub.ts';

const AUDIO = Buffer.from('ID3 some audio');
const send =
  (contentType: string, body: Buffer | string): Answering =>
  (reply) =>
    reply.code(200).header('content-type', contentType).send(body);
const fetchFrom = (url: string, { maxBytes = 1000, seconds = 0, signal = patience() } = {}) =>
  telephonyAt(url).fetchRecording(RECORDING, { maxBytes, seconds, signal });

it('comes by its SID, under the configured address, with our credentials', async () => {
  const twilio = await stubServer(send('audio/mpeg; charset=binary', AUDIO));
  expect(await fetchFrom(twilio.url)).toEqual({ bytes: AUDIO, contentType: 'audio/mpeg' });
  expect(twilio.received[0]).toMatchObject({ method: 'GET', target: `/2010-04-01/Accounts/${ACCOUNT}/Recordings/${RECORDING}.mp3` });
  expect(twilio.received[0]?.headers.authorization).toMatch(/^Basic /);
});

it('cannot be led elsewhere by a SID that is a path', async () => {
  const twilio = await stubServer(json(404, ''));
  await failure(telephonyAt(twilio.url).fetchRecording('../../../evil', { maxBytes: 10, signal: patience() }));
  expect(twilio.received[0]?.target).toBe(`/2010-04-01/Accounts/${ACCOUNT}/Recordings/..%2F..%2F..%2Fevil.mp3`);
});

it('follows redirects at home', async () => {
  const twilio = await stubServer((reply) => reply.redirect('/media/1', 302), send('audio/x-wav', AUDIO));
  expect(await fetchFrom(twilio.url)).toMatchObject({ contentType: 'audio/x-wav' });
  expect(twilio.received[1]?.target).toBe('/media/1');
});

it('takes no credentials and no step to another host', async () => {
  const other = await stubServer(send('audio/mpeg', AUDIO));
  const twilio = await stubServer((reply) => reply.redirect(`${other.url}/media`, 302));
  expect(await failure(fetchFrom(twilio.url))).toMatchObject({ reason: 'redirected' });
  expect(other.received).toHaveLength(0);
});

it('gives up on redirects that do not end', async () => {
  const twilio = await stubServer((reply) => reply.redirect('/again', 302));
  expect(await failure(fetchFrom(twilio.url))).toMatchObject({ reason: 'redirected' });
  expect(twilio.received).toHaveLength(4);
});

it.each<[string, Answering]>([
  ['empty', send('audio/mpeg', '')],
  ['wrong-type', send('text/html', '<html>not found</html>')],
  ['wrong-type', send('audio/mpeg', '\n <!doctype html>')],
  ['wrong-type', send('application/json', '{}')],
  ['too-large', send('audio/mpeg', Buffer.alloc(1001))],
  [
    'too-large', // and does not say so before
    (reply) => {
      reply.hijack();
      reply.raw.writeHead(200, { 'content-type': 'audio/mpeg' });
      reply.raw.write(Buffer.alloc(900));
      reply.raw.end(Buffer.alloc(900));
    },
  ],
  [
    'truncated',
    (reply) => {
      reply.hijack();
      reply.raw.writeHead(200, { 'content-type': 'audio/mpeg', 'content-length': '900' });
      reply.raw.write(AUDIO, () => reply.raw.destroy());
    },
  ],
])('row 20: is unusable when it is %s', async (reason, answer) => {
  const twilio = await stubServer(answer);
  const error = await failure(fetchFrom(twilio.url));
  expect(error).toBeInstanceOf(RecordingUnusable);
  expect(error).toMatchObject({ reason });
});

describe('row 20: its length', () => {
  const spoken = encodeMp3(Array.from({ length: 20 }, (_, word) => `word${word}`).join(' ')); // 7.2 s
  it('is checked: half of what was announced is truncated, however whole the answer', async () => {
    const twilio = await stubServer(send('audio/mpeg', spoken.subarray(0, spoken.length / 2)));
    const error = await failure(fetchFrom(twilio.url, { maxBytes: 1e6, seconds: 7 }));
    expect(error).toMatchObject({ name: 'RecordingUnusable', reason: 'truncated' });
  });

  it.each([
    ['is as announced', spoken, 7],
    ['is a little less, since silence was trimmed', spoken, 9],
    ['was not announced', spoken, 0],
    ['cannot be read', AUDIO, 60],
  ])('is taken as it is when it %s', async (_, audio, seconds) => {
    const twilio = await stubServer(send('audio/mpeg', audio));
    expect(await fetchFrom(twilio.url, { maxBytes: 1e6, seconds })).toMatchObject({ bytes: audio });
  });
});

it.each([
  ['404', json(404, ''), RecordingNotFound],
  ['202', json(202, ''), RecordingNotFound],
  ['429', json(429, ''), RateLimited],
  ['401', json(401, ''), ProviderMisconfigured],
  ['500', json(500, ''), ProviderDown],
  ['a cut connection', reset, ProviderDown],
])('%s tells what can be done', async (_, answer, kind) => {
  const twilio = await stubServer(answer);
  expect(await failure(fetchFrom(twilio.url))).toBeInstanceOf(kind);
});

it('ends with the signal', async () => {
  const given = new AbortController();
  const twilio = await stubServer((reply, received) => {
    void hang(reply, received);
    given.abort(new Error('stopping'));
  });
  expect(await failure(fetchFrom(twilio.url, { signal: given.signal }))).toBe(given.signal.reason);
});
