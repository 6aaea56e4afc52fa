import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createMetrics } from '#src/platform/metrics.ts';
import { SECOND } from '#src/platform/time.ts';
import { ProviderDown, RateLimited, Withheld } from '#src/providers/errors.ts';
import type { Dialed } from '#src/providers/telephony.ts';
import { pushWithCircuits, recordingsWithCircuit, telephonyWithCircuits } from '#src/providers/with-circuits.ts';
import { fakePush, fakeStore } from '#test/support/fakes/providers.ts';
import { fakeTelephony } from '#test/support/fakes/telephony.ts';
import { failure, hang, json, patience, reset, stubServer, type Answering } from './stub-server.ts';
import { CALL, callBody, CUSTOMER, errorBody, telephonyAt } from './twilio-stub.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['Date', 'performance'] }));
afterEach(() => void vi.useRealTimers());

const request = {
  to: CUSTOMER,
  attemptUrls: { voice: 'https://d.example/voice/1', status: 'https://d.example/status/1', amd: 'https://d.example/amd/1' },
  timeoutSeconds: 30,
  timeLimitSeconds: 240,
};

describe('row 19: dials, by the real client', () => {
  const setup = async (...answers: [Answering, ...Answering[]]) => {
    const twilio = await stubServer(...answers);
    const telephony = telephonyWithCircuits(telephonyAt(twilio.url), createMetrics());
    return { twilio, telephony, dial: (signal = patience()) => telephony.dial(request, signal) };
  };
  const broken = json(500, errorBody(500, 20500));

  it.each([
    ['500', broken],
    ['connections that are cut', reset],
  ])('of which nobody knows, by %s, stay unknown; after three the next are not sent', async (_, answer) => {
    const { dial, twilio } = await setup(answer);
    for (let count = 0; count < 3; count += 1) expect(await dial()).toMatchObject({ kind: 'unknown' });
    const held = await dial();
    expect(held).toMatchObject({ kind: 'not-sent', error: { name: 'CircuitOpen', retryAfterMs: 5 * SECOND } });
    expect(twilio.received).toHaveLength(3);
  });

  it('that nobody takes cost no attempt once the circuit is open', async () => {
    const telephony = telephonyWithCircuits({ ...fakeTelephony(), dial: () => Promise.resolve(silent) }, createMetrics());
    const silent = { kind: 'not-sent' as const, error: new ProviderDown('telephony') };
    const dialed = [];
    for (let count = 0; count < 4; count += 1) dialed.push(await telephony.dial(request, patience()));
    expect(dialed.map((one) => [one.kind, one.kind === 'not-sent' && one.error.name])).toEqual([
      ['not-sent', 'ProviderDown'],
      ['not-sent', 'ProviderDown'],
      ['not-sent', 'CircuitOpen'],
      ['not-sent', 'CircuitOpen'],
    ]);
  });

  it('that are refused say that Twilio is there', async () => {
    const { dial, twilio } = await setup(broken, broken, json(400, errorBody(400, 21211)), broken, broken, json(201, callBody()));
    for (let count = 0; count < 5; count += 1) await dial();
    expect(await dial()).toMatchObject({ kind: 'accepted' });
    expect(twilio.received).toHaveLength(6);
  });

  it('that we gave up say nothing', async () => {
    const given = new AbortController();
    const { dial, twilio } = await setup((reply, received) => {
      void hang(reply, received);
      if (twilio.received.length % 3 === 0) given.abort(new Error('stopping'));
    });
    await Promise.all([dial(given.signal), dial(given.signal), dial(given.signal)]);
    const again = new AbortController();
    const more = dial(again.signal);
    await vi.waitFor(() => expect(twilio.received).toHaveLength(4));
    again.abort(new Error('stopping'));
    expect(await more).toMatchObject({ kind: 'unknown' });
  });

  it('that our own side withheld do not say that Twilio is there again', async () => {
    const unknown: Dialed = { kind: 'unknown', error: new ProviderDown('telephony') };
    let answer: Dialed = unknown;
    const telephony = telephonyWithCircuits({ ...fakeTelephony(), dial: () => Promise.resolve(answer) }, createMetrics());
    for (let count = 0; count < 3; count += 1) await telephony.dial(request, patience());
    vi.advanceTimersByTime(5 * SECOND);
    answer = { kind: 'not-sent', error: new Withheld() };
    expect(await telephony.dial(request, patience())).toEqual(answer);
    expect(await telephony.dial(request, patience())).toMatchObject({ error: { name: 'CircuitOpen' } });
  });

  it('try again with a single one', async () => {
    const { dial, twilio } = await setup(broken, broken, broken, json(201, callBody()));
    for (let count = 0; count < 3; count += 1) await dial();
    vi.advanceTimersByTime(5 * SECOND);
    const dialed = await Promise.all([dial(), dial(), dial()]);
    expect(dialed.map(({ kind }) => kind)).toEqual(['accepted', 'not-sent', 'not-sent']);
    expect(twilio.received).toHaveLength(4);
    expect(await dial()).toMatchObject({ kind: 'accepted' });
  });

  it('have a circuit of their own: look-ups that succeed do not hide that every dial fails', async () => {
    const { dial, telephony, twilio } = await setup((reply, { method }) =>
      method === 'POST' ? reply.code(500).send('') : reply.code(200).send(callBody()),
    );
    for (let count = 0; count < 3; count += 1) {
      await dial();
      expect(await telephony.findCall(CALL, patience())).toMatchObject({ callSid: CALL });
    }
    expect(await dial()).toMatchObject({ kind: 'not-sent' });
    // Whoever wants a call ended is not held.
    await telephony.cancel(CALL, patience());
    expect(twilio.received.filter(({ method }) => method === 'POST')).toHaveLength(4);
  });

  it('and each kind of question has its own: media that cannot be had stop no look-up, nor one kind of look-up another', async () => {
    const broken = () => Promise.reject(new ProviderDown('telephony'));
    const metrics = createMetrics();
    const telephony = telephonyWithCircuits({ ...fakeTelephony(), fetchRecording: broken, findCallsTo: broken }, metrics);
    const media = () => failure(telephony.fetchRecording('RE1', { maxBytes: 1, signal: patience() }));
    const lists = () => failure(telephony.findCallsTo(CUSTOMER, { startedAfter: new Date(0) }, patience()));
    for (let count = 0; count < 3; count += 1) await media();
    expect(await media()).toMatchObject({ name: 'CircuitOpen' });
    expect(await lists()).toBeInstanceOf(ProviderDown);
    for (let count = 0; count < 3; count += 1) await lists();
    expect(await lists()).toMatchObject({ name: 'CircuitOpen' });
    expect(await telephony.findCall(CALL, patience())).toBeNull();
    expect(await telephony.listRecordings(CALL, patience())).toEqual([]);
    const open = (await metrics.providerCircuitOpen.get()).values.filter(({ value }) => value > 0);
    expect(open.map(({ labels }) => labels)).toEqual([
      { provider: 'telephony', requests: 'lists' },
      { provider: 'telephony', requests: 'media' },
    ]);
  });

  it('and look-ups have theirs', async () => {
    const { telephony, dial, twilio } = await setup((reply, { method }) =>
      method === 'GET' ? reply.code(503).send('') : reply.code(201).send(callBody()),
    );
    const errors = [];
    for (let count = 0; count < 4; count += 1) errors.push(await failure(telephony.findCall(CALL, patience())));
    expect(errors.map((error) => (error as Error).name)).toEqual(['ProviderDown', 'ProviderDown', 'CircuitOpen', 'CircuitOpen']);
    expect(twilio.received).toHaveLength(3);
    expect(await dial()).toMatchObject({ kind: 'accepted' });
  });
});

it('row 21: a store that is down is asked no more, for writing or for reading', async () => {
  const store = fakeStore();
  const guarded = recordingsWithCircuit(store, createMetrics());
  store.failure = new ProviderDown('recordings');
  const write = () => guarded.store({ key: 'k', bytes: Buffer.from('x'), contentType: 'audio/mpeg', metadata: {} }, patience());
  for (let count = 0; count < 3; count += 1) await failure(write());
  store.failure = undefined;
  expect(await failure(guarded.fetch('k', { maxBytes: 10, signal: patience() }))).toBeInstanceOf(RateLimited);
  vi.advanceTimersByTime(5 * SECOND);
  expect(await write()).toMatchObject({ size: 1 });
});

it('row 24: one push service that is down holds the news for its own drivers alone', async () => {
  const push = fakePush();
  const metrics = createMetrics();
  const guarded = pushWithCircuits(push, metrics);
  const send = (endpoint: unknown) =>
    guarded.send({ endpoint }, { title: '', body: '', data: {} }, { ttlSeconds: 1, urgency: 'high', topic: 't' }, patience());
  push.script = [new ProviderDown('push')];
  for (let count = 0; count < 3; count += 1) await failure(send('https://one.example/a'));
  push.script = [{ kind: 'sent' }];
  expect(await failure(send('https://one.example/b'))).toBeInstanceOf(RateLimited);
  expect(await send('https://two.example/a')).toEqual({ kind: 'sent' });
  expect(await send(null)).toEqual({ kind: 'sent' });
  expect((await metrics.providerCircuitOpen.get()).values).toEqual([{ labels: { provider: 'push', requests: 'all' }, value: 1 }]);
});
