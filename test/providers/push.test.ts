import { createECDH, randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { generate } from 'selfsigned';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import webPush from 'web-push';
import { PermanentlyRefused, ProviderDown, ProviderMisconfigured, RateLimited, Withheld } from '#src/providers/errors.ts';
import { createWebPush, type PushSettings } from '#src/providers/push.web-push.ts';
import { failure, patience, words } from './stub-server.ts';

const browser = createECDH('prime256v1');
const keys = { p256dh: browser.generateKeys().toString('base64url'), auth: randomBytes(16).toString('base64url') };
const vapid = { ...webPush.generateVAPIDKeys(), subject: 'mailto:ops@example.com', allowedHosts: ['127.0.0.1'] };
const message = { title: 'Ann', body: 'Leave it at number 7', data: { delivery_id: '1' } };
const options = { ttlSeconds: 3600, urgency: 'high', topic: 'delivery-1' } as const;

let tls: { private: string; cert: string };
beforeAll(async () => {
  tls = await generate([{ name: 'commonName', value: 'push' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] }],
  });
});

/** A push service by TLS, and a client that trusts it. */
async function setup(answer: (response: ServerResponse) => void, settings: Partial<PushSettings> = {}) {
  const received: IncomingMessage[] = [];
  const server = createServer({ key: tls.private, cert: tls.cert }, (request, response) => {
    received.push(request);
    request.resume().on('end', () => answer(response));
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const push = createWebPush({ ...vapid, ...settings }, { ca: tls.cert });
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
    await push.close();
  });
  const subscription = { endpoint: `https://127.0.0.1:${(server.address() as AddressInfo).port}/send/secret-id`, keys };
  return { push, subscription, received };
}
const status =
  (code: number, headers = {}) =>
  (response: ServerResponse) =>
    void response.writeHead(code, headers).end('secret words');

it('is encrypted, signed, short-lived and replaceable', async () => {
  const { push, subscription, received } = await setup(status(201));
  expect(await push.send(subscription, message, options, patience())).toEqual({ kind: 'sent' });
  expect(received[0]).toMatchObject({ method: 'POST', url: '/send/secret-id' });
  expect(received[0]?.headers).toMatchObject({ ttl: '3600', urgency: 'high', topic: 'delivery-1', 'content-encoding': 'aes128gcm' });
  expect(received[0]?.headers.authorization).toMatch(/^vapid t=/);
});

it('has a topic that the protocol allows, the same for the same words', async () => {
  const { push, subscription, received } = await setup(status(201));
  const long = { ...options, topic: 'delivery 1: instructions, a topic beyond what is allowed' };
  await push.send(subscription, message, long, patience());
  await push.send(subscription, message, long, patience());
  const [first, second] = received.map(({ headers }) => headers['topic']);
  expect(first).toMatch(/^[A-Za-z0-9_-]{32}$/);
  expect(second).toBe(first);
});

it.each([
  [201, 'sent'],
  [200, 'sent'], // Apple's also for endpoints that are dead: nobody can tell. https://bugs.webkit.org/show_bug.cgi?id=249766
  [404, 'gone'],
  [410, 'gone'],
  [413, 'too-large'],
])('row 24: %i means %s', async (code, kind) => {
  const { push, subscription } = await setup(status(code));
  expect(await push.send(subscription, message, options, patience())).toEqual({ kind });
});

it.each([
  [429, RateLimited],
  [406, RateLimited],
  [401, ProviderMisconfigured],
  [403, ProviderMisconfigured],
  [400, PermanentlyRefused],
  [307, PermanentlyRefused],
  [500, ProviderDown],
])('row 24: %i tells what can be done', async (code, kind) => {
  const { push, subscription, received } = await setup(status(code, { location: 'https://127.0.0.1:1/' }));
  const error = await failure(push.send(subscription, message, options, patience()));
  expect(error).toBeInstanceOf(kind);
  expect(words(error)).not.toMatch(/secret/);
  expect(received).toHaveLength(1);
});

it('waits as long as it is asked to', async () => {
  const { push, subscription } = await setup(status(429, { 'retry-after': '12' }));
  expect(await failure(push.send(subscription, message, options, patience()))).toMatchObject({ retryAfterMs: 12_000 });
});

describe('asks whether it may still begin when the connection stands', () => {
  it('and is sent whole', async () => {
    const { push, subscription, received } = await setup(status(201));
    expect(await push.send(subscription, message, { ...options, mayStart: async () => true }, patience())).toEqual({ kind: 'sent' });
    const { headers } = received[0] as IncomingMessage;
    expect(Number(headers['content-length'])).toBeGreaterThan(100);
  });

  it('and not a byte is sent where it may not', async () => {
    const { push, subscription, received } = await setup(status(201));
    const mayStart = async () => false;
    expect(await failure(push.send(subscription, message, { ...options, mayStart }, patience()))).toBeInstanceOf(Withheld);
    expect(received).toHaveLength(0);
  });
});

describe('is not even sent', () => {
  it.each([
    ['to nothing', null, 'invalid'],
    ['without keys', { endpoint: 'https://127.0.0.1/x' }, 'invalid'],
    ['without TLS', { endpoint: 'http://127.0.0.1/x', keys }, 'invalid'],
    ['to a key of another length', { endpoint: 'https://127.0.0.1/x', keys: { ...keys, auth: 'short' } }, 'invalid'],
    ['to a key that is no point of the curve', { endpoint: 'https://127.0.0.1/x', keys: { ...keys, p256dh: 'A'.repeat(87) } }, 'invalid'],
    ['to a stranger', { endpoint: 'https://metadata.example/x', keys }, 'not-allowed'],
  ])('%s', async (_, subscription, kind) => {
    const { push, received } = await setup(status(201));
    expect(await push.send(subscription, message, options, patience())).toEqual({ kind });
    expect(received).toHaveLength(0);
  });

  it('when it is too large', async () => {
    const { push, subscription, received } = await setup(status(201));
    expect(await push.send(subscription, { ...message, body: 'x'.repeat(4000) }, options, patience())).toEqual({ kind: 'too-large' });
    expect(received).toHaveLength(0);
  });

  it('with keys of ours that are none', async () => {
    const { push, subscription, received } = await setup(status(201), { privateKey: 'secret' });
    const error = await failure(push.send(subscription, message, options, patience()));
    expect(error).toBeInstanceOf(ProviderMisconfigured);
    expect(words(error)).not.toContain('secret');
    expect(received).toHaveLength(0);
  });

  it('to a service whose certificate is not trusted', async () => {
    const { subscription, received } = await setup(status(201));
    const push = createWebPush(vapid);
    onTestFinished(() => push.close());
    expect(await failure(push.send(subscription, message, options, patience()))).toBeInstanceOf(ProviderDown);
    expect(received).toHaveLength(0);
  });
});

it('ends with the signal', async () => {
  const given = new AbortController();
  const { push, subscription } = await setup(() => given.abort(new Error('stopping')));
  expect(await failure(push.send(subscription, message, options, given.signal))).toBe(given.signal.reason);
});
