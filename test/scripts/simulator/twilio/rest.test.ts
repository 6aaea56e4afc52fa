import twilio from 'twilio';
import { describe, expect, it } from 'vitest';

import type { Simulator } from '#scripts/simulator/simulator.ts';

import { ask, setup } from '../setup.ts';

const FROM = '+15005550006';

const clientOf = (simulator: Simulator, token = simulator.env['TWILIO_AUTH_TOKEN']) => {
  const client = twilio(simulator.env['TWILIO_ACCOUNT_SID'], token);
  client.api.baseUrl = simulator.urls.twilio;
  return client;
};

describe('the twilio package', () => {
  it('places, fetches and lists calls', async () => {
    const { simulator, app } = await setup();
    const { calls } = clientOf(simulator);
    const placed = await calls.create({ to: '+12025550101', from: FROM, url: `${app.url}/voice/greet`, timeout: 20 });
    expect(placed).toMatchObject({ status: 'queued', direction: 'outbound-api', to: '+12025550101', endTime: null, duration: null });
    await simulator.idle();
    const fetched = await clientOf(simulator).calls(placed.sid).fetch();
    expect(fetched).toMatchObject({ sid: placed.sid, status: 'completed', duration: expect.stringMatching(/^\d+$/) as string });
    expect(fetched.startTime).toBeInstanceOf(Date);

    await calls.create({ to: '+12025550107', from: FROM, url: `${app.url}/voice/greet` });
    await simulator.idle();
    const sidsOf = async (filter: object) => (await calls.list(filter)).map(({ sid }) => sid);
    expect(await sidsOf({ to: '+12025550101', startTimeAfter: new Date(Date.now() - 60_000) })).toEqual([placed.sid]);
    expect(await sidsOf({ to: '+12025550101', startTimeAfter: new Date(Date.now() + 600_000) })).toEqual([]);
    expect(await sidsOf({ status: 'completed' })).toEqual([placed.sid]);
    expect(await sidsOf({ to: '+12025550999' })).toEqual([]);
  });

  it('turns pages, newest first, each call once', async () => {
    const { simulator, dial } = await setup();
    const sids: string[] = [];
    for (let n = 0; n < 5; n += 1) sids.unshift(await dial('+12025550107'));
    await simulator.idle();
    expect((await clientOf(simulator).calls.list({ pageSize: 2 })).map(({ sid }) => sid)).toEqual(sids);
  });

  it('ends a call that goes on', async () => {
    const { simulator, dial } = await setup({ instant: false, scale: 1 });
    simulator.setNumber('+12025550100', { scenario: 'silent', ringMs: 0 });
    const sid = await dial('+12025550100');
    await expect.poll(() => simulator.calls()[0]?.status).toBe('in-progress');
    const canceled = await clientOf(simulator).calls(sid).update({ status: 'canceled' });
    expect(canceled.status).toBe('in-progress'); // too late for that
    const ended = await clientOf(simulator).calls(sid).update({ status: 'completed' });
    expect(ended.status).toBe('completed');
    await simulator.idle();
    await expect(clientOf(simulator).calls(sid).update({ status: 'completed' })).rejects.toMatchObject({ status: 400, code: 21220 });
  });

  it('cancels a call that rings, and is told', async () => {
    const { simulator, app, dial } = await setup({ instant: false, scale: 1 });
    const sid = await dial('+12025550108');
    await expect.poll(() => simulator.calls()[0]?.status).toBe('ringing');
    await clientOf(simulator).calls(sid).update({ status: 'canceled' });
    await simulator.idle();
    expect(app.at('/status').at(-1)).toMatchObject({ CallStatus: 'canceled' });
  });

  it('cancels a call that waits in the queue, without any callback', async () => {
    const { simulator, app, dial } = await setup({ instant: false, scale: 1, twilioCps: 0.01 });
    await dial('+12025550108');
    const waiting = await dial('+12025550108');
    expect((await clientOf(simulator).calls(waiting).fetch()).status).toBe('queued');
    await clientOf(simulator).calls(waiting).update({ status: 'canceled' });
    await simulator.reset();
    expect(app.at('/status').filter(({ CallSid }) => CallSid === waiting)).toEqual([]);
  });

  it('is refused with a wrong token', async () => {
    const { simulator } = await setup();
    await expect(clientOf(simulator, 'wrong').calls.list()).rejects.toMatchObject({ status: 401, code: 20003 });
  });
});

describe('a call that is not accepted', () => {
  it.each([
    ['no number to call', { To: '' }, 21201],
    ['no number to call from', { From: '' }, 21213],
    ['a number that is none', { To: '555' }, 21211],
    ['a number that does not exist', { To: '+12025550111' }, 21211],
    ['no URL', { Url: '' }, 21205],
    ['a relative URL', { Url: '/voice' }, 21205],
    ['an underscore in the host', { StatusCallback: 'http://my_host/x' }, 21205],
    ['an unknown event', { StatusCallbackEvent: 'lunch' }, 21626],
    ['a number of somebody else', { From: '+12025550000' }, 21210],
  ])('%s', async (_what, change, code) => {
    const { simulator, app } = await setup({ onlyFromNumber: true });
    const response = await ask(simulator, 'POST', '/Calls.json', {
      To: '+12025550101',
      From: FROM,
      Url: `${app.url}/voice/greet`,
      ...change,
    });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ code, status: 400, more_info: `https://www.twilio.com/docs/errors/${code}` });
    expect(simulator.calls()).toEqual([]);
  });
});

describe('a scripted fault', () => {
  it('says that nothing was placed: 429', async () => {
    const { simulator, app } = await setup();
    simulator.addFault({ target: 'twilio', kind: '429', retryAfter: 3, match: { method: 'POST', path: '/Calls.json$' } });
    const form = { To: '+12025550101', From: FROM, Url: `${app.url}/voice/greet` };
    const refused = await ask(simulator, 'POST', '/Calls.json', form);
    expect([refused.status, refused.headers.get('retry-after'), ((await refused.json()) as { code: number }).code]).toEqual([
      429,
      '3',
      20429,
    ]);
    expect((await ask(simulator, 'POST', '/Calls.json', form)).status).toBe(201); // it struck once
  });

  it.each([
    ['hang-before', 0],
    ['hang-after', 1],
    ['reset-before', 0],
    ['reset-after', 1],
  ] as const)('%s leaves the caller in doubt', async (kind, placed) => {
    const { simulator, app } = await setup();
    simulator.addFault({ target: 'twilio', kind, match: { to: '+12025550101' } });
    const { TWILIO_ACCOUNT_SID: account = '', TWILIO_AUTH_TOKEN: token = '' } = simulator.env;
    const caller = new AbortController();
    const call = fetch(`${simulator.urls.twilio}/2010-04-01/Accounts/${account}/Calls.json`, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from(`${account}:${token}`).toString('base64')}` },
      body: new URLSearchParams({ To: '+12025550101', From: FROM, Url: `${app.url}/voice/greet` }),
      signal: caller.signal,
    });
    const unanswered = expect(call).rejects.toThrow();
    await expect.poll(() => simulator.log.entries({ kind: 'fault' })).toMatchObject([{ fault: kind, to: '+12025550101' }]);
    await expect.poll(() => simulator.calls()).toHaveLength(placed);
    if (kind.startsWith('hang')) caller.abort();
    await unanswered;
    await simulator.idle();
  });
});
