import { createHash, createHmac } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { AUTH_TOKEN, HOUR, PUBLIC_URL, webWorld, type WebWorld } from '#test/support/web-world.ts';
import { aCall, callBack, refusals, signatureOf, type Parameters, type Sent } from './a-callback.ts';

let world: WebWorld;
let call: Awaited<ReturnType<typeof aCall>>;
let before: string;
beforeAll(async () => {
  world = await webWorld();
  call = await aCall(world);
  before = await world.everything();
});

const sum = (counts: Record<string, number>) => Object.values(counts).reduce((total, count) => total + count, 0);

/** Refused with this status, for this reason, counted once; nothing was written or enqueued. */
async function refused(
  send: () => Promise<{ statusCode: number; headers: Record<string, unknown>; body: string }>,
  status: number,
  reason: string,
) {
  const counted = await refusals(world);
  const answer = await send();
  expect(answer.statusCode, answer.body).toBe(status);
  expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
  const now = await refusals(world);
  expect(now[reason]).toBe((counted[reason] ?? 0) + 1);
  expect(sum(now)).toBe(sum(counted) + 1);
  expect(await world.everything()).toBe(before);
}

const send = (parameters: Parameters, how: Sent = {}, path = call.path('status')) => callBack(world, path, parameters, how);
const encoded = (parameters: Parameters) => new URLSearchParams(parameters).toString();

describe('row 17: a callback is refused: 403', () => {
  it.each<[string, () => Sent]>([
    ['with a wrong signature', () => ({ signature: signatureOf(PUBLIC_URL, {}) })],
    ['with an empty signature', () => ({ signature: '' })],
    ['with a signature that is none', () => ({ signature: 'é€\u0001'.replaceAll(/[^\x20-\x7e]/g, '?') })],
    ['signed with another token', () => ({ signature: signatureOf(PUBLIC_URL + call.path('status'), call.status(), 'guess') })],
    ['signed for another address', () => ({ signedUrl: PUBLIC_URL + call.path('amd') })],
    ['signed for another host', () => ({ signedUrl: `https://evil.example${call.path('status')}` })],
    ['signed for http', () => ({ signedUrl: `http://delauto.example${call.path('status')}` })],
    ['of other parameters than were signed', () => ({ body: encoded(call.status({ CallStatus: 'busy' })) })],
    ['with a parameter added', () => ({ body: encoded(call.status({ AnsweredBy: 'human' })) })],
    [
      'that says it came to another host',
      () => ({
        signedUrl: `https://evil.example${call.path('status')}`,
        headers: { host: 'evil.example', 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'https', forwarded: 'host=evil.example' },
      }),
    ],
    [
      'that says it came by http',
      () => ({ signedUrl: `http://delauto.example${call.path('status')}`, headers: { 'x-forwarded-proto': 'http' } }),
    ],
    ['with the form under another type', () => ({ headers: { 'content-type': 'text/plain' } })],
  ])('%s', async (_how, how) => {
    await refused(() => send(call.status(), how()), 403, 'signature');
  });

  it.each(['status', 'amd', 'recording', 'voice', 'choice', 'recorded'])('at /%s without any signature', async (name) => {
    const payload = encoded(call.status());
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    await refused(() => world.app.inject({ method: 'POST', url: call.path(name), headers, payload }), 403, 'signature');
    await refused(() => world.app.inject({ method: 'POST', url: call.path(name) }), 403, 'signature');
  });

  it('of another account, though rightly signed', async () => {
    await refused(() => send(call.status({ AccountSid: `AC${'b'.repeat(32)}` })), 403, 'account');
  });
});

describe('row 17: a signed callback is refused', () => {
  it('whose parameters were shifted, which leaves the signature right: 400', async () => {
    const { CallSid, CallStatus, ...rest } = call.status();
    const merged = { ...rest, CallSid: `${CallSid}CallStatus${CallStatus}` };
    const signature = signatureOf(PUBLIC_URL + call.path('status'), call.status());
    // Sorted and joined they are the same text.
    expect(signatureOf(PUBLIC_URL + call.path('status'), merged)).toBe(signature);
    await refused(() => send(merged, { signature }), 400, 'malformed');
  });

  it('whose parameters were moved into the address: 400 or 404', async () => {
    const { AccountSid = '', ...rest } = call.status();
    const signature = signatureOf(PUBLIC_URL + call.path('status'), call.status());
    await refused(() => send(rest, { signature }, `${call.path('status')}AccountSid${AccountSid}`), 400, 'malformed');
  });

  it.each<[string, Parameters]>([
    ['an unknown status', { CallStatus: 'exploded' }],
    ['a SID that is none', { CallSid: 'CA123' }],
    ['a recording where a call should be', { CallSid: `RE${'1'.repeat(32)}` }],
    ['a time that is none', { Timestamp: 'yesterday' }],
    ['a number that is none', { SequenceNumber: '1e1' }],
    ['a negative number', { SequenceNumber: '-1' }],
    ['a duration that is none', { CallDuration: 'NaN' }],
    ['nothing where something must be', { CallStatus: '' }],
  ])('with %s: 400', async (_what, more) => {
    await refused(() => send(call.status(more)), 400, 'malformed');
  });

  it.each(['AccountSid', 'CallSid', 'CallStatus', 'SequenceNumber'])('without %s: 400', async (name) => {
    const { [name]: _missing, ...rest } = call.status();
    await refused(() => send(rest), 400, 'malformed');
  });

  it('without anything: 400', async () => {
    await refused(() => send({}), 400, 'malformed');
  });

  it('with a parameter that comes twice: 400', async () => {
    // The library takes copies for one, so that the signature is right.
    await refused(() => send(call.status(), { body: `${encoded(call.status())}&CallStatus=completed` }), 400, 'malformed');
  });

  it.each([
    ['in the escapes', 'ErrorMessage=%ff%fe'],
    ['in an escape cut short', 'ErrorMessage=100%'],
  ])('with bad UTF-8 %s: 400', async (_where, bad) => {
    const body = `${encoded(call.status())}&${bad}`;
    const signed = { ...call.status(), ErrorMessage: new URLSearchParams(bad).get('ErrorMessage') ?? '' };
    await refused(() => send(signed, { body }), 400, 'malformed');
  });

  it('with bad UTF-8 in its bytes: 403, for no text can be signed', async () => {
    const payload = Buffer.concat([Buffer.from(encoded(call.status())), Buffer.from([0xff, 0xfe])]);
    const headers = {
      'content-type': 'application/x-www-form-urlencoded',
      'x-twilio-signature': signatureOf(PUBLIC_URL + call.path('status'), call.status()),
    };
    await refused(() => world.app.inject({ method: 'POST', url: call.path('status'), headers, payload }), 403, 'signature');
  });

  it('as JSON, signed as Twilio signs JSON: 400', async () => {
    const body = JSON.stringify(call.status());
    const path = `${call.path('status')}?bodySHA256=${createHash('sha256').update(body).digest('hex')}`;
    const signature = createHmac('sha1', AUTH_TOKEN)
      .update(PUBLIC_URL + path)
      .digest('base64');
    await refused(() => send({}, { body, signature, headers: { 'content-type': 'application/json' } }, path), 400, 'malformed');
  });

  it('of 1 MB: 413', async () => {
    await refused(() => send(call.status({ ErrorMessage: 'x'.repeat(1_000_000) })), 413, 'unreadable');
  });

  it.each(['f'.repeat(24), '5', 'x'.repeat(24), 'abcdefghijkl', '%00', '__proto__'])(
    'about the attempt %s, which is none of ours: 404',
    async (id) => {
      await refused(() => send(call.status(), {}, `/webhooks/twilio/status/${id}`), 404, 'attempt');
    },
  );

  it('with an attempt of a mile: 404 or 414', async () => {
    const answer = await send(call.status(), {}, `/webhooks/twilio/status/${'a'.repeat(2000)}`);
    expect([404, 414]).toContain(answer.statusCode);
  });
});

it('a callback in which an address has a query is signed with it', async () => {
  const other = await aCall(world);
  const answer = await callBack(world, `${other.path('status')}?a=%C3%A9&b=1+2`, other.status());
  expect(answer.statusCode).toBe(204);
  expect(await other.events()).toHaveLength(1);
});

describe('row 17: a callback that was overheard and is sent again a day later', () => {
  const DAY = 24 * HOUR;
  const later = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    const now = world.clock.ms;
    world.clock.ms += DAY;
    try {
      return await work();
    } finally {
      world.clock.ms = now;
    }
  };
  /** A call that ended; what was overheard, and what to send at which address. */
  const anEndedCall = async () => {
    const ended = await aCall(world, { attempt: { state: 'finished', finished_at: new Date(world.clock.ms) } });
    return { ...ended, unchanged: await world.everything() };
  };
  const staleSoFar = async () => (await refusals(world))['stale'] ?? 0;

  it.each<[string, (ended: Awaited<ReturnType<typeof aCall>>) => Parameters]>([
    ['status', (ended) => ended.status()],
    ['recording', (ended) => ended.recording()],
    ['amd', (ended) => ({ ...ended.common, AnsweredBy: 'human' })],
  ])('about the %s: 403', async (name, parametersOf) => {
    const ended = await anEndedCall();
    const parameters = parametersOf(ended);
    const counted = await staleSoFar();
    const answer = await later(() => callBack(world, ended.path(name), parameters));
    expect(answer.statusCode, answer.body).toBe(403);
    expect(await staleSoFar()).toBe(counted + 1);
    expect(await world.everything()).toBe(ended.unchanged);
  });

  it('with the key "never again": an apology, and nobody is opted out', async () => {
    const ended = await anEndedCall();
    const counted = await staleSoFar();
    const answer = await later(() => callBack(world, ended.path('choice'), { ...ended.common, Digits: '9' }));
    expect([answer.statusCode, answer.body]).toEqual([200, expect.stringMatching(/<Say.*sorry/is)]);
    expect(await staleSoFar()).toBe(counted + 1);
    expect(await world.everything()).toBe(ended.unchanged);
  });

  it('about a call that still goes on, by its own time: 403', async () => {
    const going = await aCall(world);
    const unchanged = await world.everything();
    for (const days of [-1, 1]) {
      const parameters = going.status({ Timestamp: new Date(world.clock.ms + days * DAY).toUTCString() });
      const counted = await staleSoFar();
      const answer = await callBack(world, going.path('status'), parameters);
      expect(answer.statusCode, answer.body).toBe(403);
      expect(await staleSoFar()).toBe(counted + 1);
    }
    expect(await world.everything()).toBe(unchanged);
  });
});
