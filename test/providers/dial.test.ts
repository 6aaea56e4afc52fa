import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ProviderDown, ProviderMisconfigured, RateLimited } from '#src/providers/errors.ts';
import { deadUrl, hang, json, patience, reset, stubServer, words } from './stub-server.ts';
import { ACCOUNT, CALL, callBody, CUSTOMER, errorBody, FROM, telephonyAt } from './twilio-stub.ts';

const request = {
  to: CUSTOMER,
  attemptUrls: { voice: 'https://d.example/voice/1#rc=5', status: 'https://d.example/status/1', amd: 'https://d.example/amd/1' },
  timeoutSeconds: 30,
  timeLimitSeconds: 240,
};
const dial = (url: string, signal = patience()) => telephonyAt(url).dial(request, signal);

describe('an accepted dial', () => {
  it('is one request with everything that the call needs', async () => {
    const twilio = await stubServer(json(201, callBody()));
    expect(await dial(twilio.url)).toEqual({ kind: 'accepted', callSid: CALL, status: 'queued' });
    const [sent] = twilio.received;
    expect(twilio.received).toHaveLength(1);
    expect(sent).toMatchObject({ method: 'POST', target: `/2010-04-01/Accounts/${ACCOUNT}/Calls.json` });
    expect(sent?.headers.authorization).toBe(`Basic ${Buffer.from(`${ACCOUNT}:secret-token`).toString('base64')}`);
    expect(Object.fromEntries(new URLSearchParams(sent?.body.toString()))).toEqual({
      To: CUSTOMER,
      From: FROM,
      Url: request.attemptUrls.voice,
      Method: 'POST',
      StatusCallback: request.attemptUrls.status,
      StatusCallbackEvent: 'completed',
      StatusCallbackMethod: 'POST',
      Timeout: '30',
      TimeLimit: '240',
      MachineDetection: 'Enable',
      AsyncAmd: 'true',
      AsyncAmdStatusCallback: request.attemptUrls.amd,
      AsyncAmdStatusCallbackMethod: 'POST',
    });
    const events = new URLSearchParams(sent?.body.toString()).getAll('StatusCallbackEvent');
    expect(events).toEqual(['initiated', 'ringing', 'answered', 'completed']);
  });

  it('works below a path of the configured address', async () => {
    const twilio = await stubServer(json(201, callBody()));
    expect(await dial(`${twilio.url}/twilio/`)).toMatchObject({ kind: 'accepted' });
    expect(twilio.received[0]?.target).toBe(`/twilio/2010-04-01/Accounts/${ACCOUNT}/Calls.json`);
  });
});

describe('row 19: a refused dial', () => {
  it.each([
    [21211, 'permanent-number'],
    [21214, 'permanent-number'],
    [21217, 'permanent-number'],
    [13224, 'permanent-number'],
    [21215, 'permanent-policy'],
    [21216, 'permanent-policy'],
    [13227, 'permanent-policy'],
    [32205, 'permanent-policy'],
    [21610, 'opted-out'],
    [29999, 'unlisted'], // not in the table: nothing is known of the number
  ])('with code %i is %s', async (code, action) => {
    const twilio = await stubServer(json(400, errorBody(400, code)));
    const dialed = await dial(twilio.url);
    expect(dialed).toMatchObject({ kind: 'refused', code, action });
    expect(JSON.stringify(dialed)).not.toContain(CUSTOMER);
  });

  it('by its code, whatever the status', async () => {
    const twilio = await stubServer(json(403, errorBody(403, 21215)));
    expect(await dial(twilio.url)).toMatchObject({ kind: 'refused', code: 21215 });
  });
});

describe('a dial that surely was silent', () => {
  it.each([
    [401, errorBody(401, 20003)],
    [401, 'no JSON'],
    [400, errorBody(400, 21210)],
    [400, errorBody(400, 21201)],
    [400, errorBody(400, 21205)],
    [400, errorBody(400, 21212)],
    [400, errorBody(400, 21213)],
    [404, errorBody(404, 20404)],
  ])('and stays so until an operator has looked: %i %j', async (status, body) => {
    const twilio = await stubServer(json(status, body));
    const dialed = await dial(twilio.url);
    expect(dialed).toMatchObject({ kind: 'not-sent', error: expect.any(ProviderMisconfigured) });
    expect(dialed.kind === 'not-sent' && words(dialed.error)).not.toContain(CUSTOMER);
  });

  it.each([
    ['by 429 and its Retry-After', 429, errorBody(429, 20429), { 'retry-after': '7' }, 7000],
    ['by 429 alone', 429, 'slow down', {}, 1000],
    ['for hours when its queue was too long', 400, errorBody(400, 22005), {}, 3_600_000],
  ])('and may come again later, %s', async (_, status, body, headers, retryAfterMs) => {
    const twilio = await stubServer(json(status, body, headers));
    const dialed = await dial(twilio.url);
    expect(dialed).toMatchObject({ kind: 'not-sent', error: { provider: 'telephony', retryAfterMs } });
    expect(dialed.kind === 'not-sent' && dialed.error).toBeInstanceOf(RateLimited);
  });

  it('when nobody listens', async () => {
    expect(await dial(await deadUrl())).toMatchObject({ kind: 'not-sent', error: expect.any(ProviderDown) });
  });

  it('when the name is unknown', async () => {
    expect(await dial('http://nobody.invalid')).toMatchObject({ kind: 'not-sent', error: expect.any(ProviderDown) });
  });

  it('when it was given up before the connection stood', async () => {
    const silent = createServer().listen(0, '127.0.0.1'); // takes the connection and never speaks TLS
    onTestFinished(() => void silent.close());
    await once(silent, 'listening');
    const given = new AbortController();
    silent.once('connection', (socket) => {
      onTestFinished(() => void socket.destroy());
      given.abort(new Error('stopping'));
    });
    const dialed = await dial(`https://127.0.0.1:${(silent.address() as AddressInfo).port}`, given.signal);
    expect(dialed).toEqual({ kind: 'not-sent', error: given.signal.reason });
  });

  it('when it could not set off, for the reason that was given', async () => {
    const twilio = await stubServer(json(201, callBody()));
    const error = new RateLimited('telephony', 7);
    const dialed = await telephonyAt(twilio.url).dial({ ...request, mayStart: () => Promise.reject(error) }, patience());
    expect(dialed).toEqual({ kind: 'not-sent', error });
    expect(twilio.received).toHaveLength(0);
  });

  it('when it was given up before it began', async () => {
    const twilio = await stubServer(json(201, callBody()));
    expect(await dial(twilio.url, AbortSignal.abort(new Error('stopping')))).toMatchObject({ kind: 'not-sent' });
    expect(twilio.received).toHaveLength(0);
  });
});

describe('a dial of which nobody knows', () => {
  it.each([
    ['500', json(500, errorBody(500, 20500))],
    ['503', json(503, 'away')],
    ['a time-out of something in between', json(408, '')],
    ['a redirect', json(307, '', { location: 'https://elsewhere.example/' })],
    ['a success that names no call', json(201, {})],
    ['a success that cannot be read', json(201, '<html>')],
    ['a connection cut after the request', reset],
  ])('by %s is one request and unknown', async (_, answer) => {
    const twilio = await stubServer(answer);
    const dialed = await dial(twilio.url);
    expect(dialed).toMatchObject({ kind: 'unknown', error: expect.any(ProviderDown) });
    expect(dialed.kind === 'unknown' && words(dialed.error)).not.toContain(CUSTOMER);
    expect(twilio.received).toHaveLength(1);
  });

  it('by an answer that breaks off', async () => {
    const twilio = await stubServer((reply) => {
      reply.hijack();
      reply.raw.writeHead(201, { 'content-type': 'application/json', 'content-length': '500' });
      reply.raw.write('{"sid":', () => reply.raw.destroy());
    });
    expect(await dial(twilio.url)).toMatchObject({ kind: 'unknown' });
  });

  it('by being given up while it waits for the answer', async () => {
    const given = new AbortController();
    const twilio = await stubServer((reply, received) => {
      void hang(reply, received);
      given.abort(new Error('stopping'));
    });
    expect(await dial(twilio.url, given.signal)).toMatchObject({ kind: 'unknown' });
  });

  it('on a kept connection that is cut is not sent again on a new one', async () => {
    const twilio = await stubServer(json(201, callBody()), reset, json(201, callBody()));
    const telephony = telephonyAt(twilio.url);
    expect(await telephony.dial(request, patience())).toMatchObject({ kind: 'accepted' });
    expect(await telephony.dial(request, patience())).toMatchObject({ kind: 'unknown' });
    expect(twilio.received).toHaveLength(2);
  });
});
