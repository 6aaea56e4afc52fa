import { beforeEach, describe, expect, it } from 'vitest';
import { HOUR } from '#src/platform/time.ts';
import { ProviderDown, ProviderMisconfigured, RateLimited } from '#src/providers/errors.ts';
import { telephonyWithCircuits } from '#src/providers/with-circuits.ts';
import { deadUrl, hang, json, reset, stubServer, type Answering } from '#test/providers/stub-server.ts';
import { CALL, callBody, errorBody, telephonyAt } from '#test/providers/twilio-stub.ts';
import { TRACE_ID } from '#test/support/makers.ts';
import { aJob, setup, type World } from '#test/support/world.ts';
import { placeCall } from '#workers/call.ts';
import { JobTooLong } from '#workers/job-signal.ts';
import { planNextAttempt } from '#workers/retry.ts';

// What Twilio's every answer to a dial does to the ledger: the real processor and the real client, by HTTP, against a server that answers as told.

let world: World;
beforeEach(async () => {
  world = await setup();
});

type Attempt = Awaited<ReturnType<World['aPlannedAttempt']>>;

const dialAt = (url: string, attempt: Attempt, signal?: AbortSignal) => {
  const telephony = telephonyWithCircuits(telephonyAt(url), world.deps.metrics);
  const payload = { attemptId: attempt._id.toHexString(), generation: 1, traceId: TRACE_ID };
  return placeCall(payload, { ...world.deps, telephony }, aJob(signal ? { signal } : {}));
};
const thrown = (work: Promise<unknown>) =>
  work.then(
    (outcome) => outcome,
    (error: unknown) => error,
  );
const alerts = async () =>
  (await world.deps.metrics.alerts.get()).values.filter(({ value }) => value > 0).map(({ labels }) => labels.alert);
const used = async () => (await world.db.collection('controls').findOne({ _id: 'calls' as never }))?.['used'] as unknown;

describe('row 19: surely silent, so the attempt is given back with its place in the budget', () => {
  it.each<[string, Answering, { new (...args: never[]): Error }, object]>([
    ['429 with Retry-After', json(429, errorBody(429, 20429), { 'retry-after': '7' }), RateLimited, { retryAfterMs: 7000 }],
    ['429 without words', json(429, ''), RateLimited, { retryAfterMs: 1000 }],
    ['20429 by another status', json(400, errorBody(400, 20429)), RateLimited, { retryAfterMs: 1000 }],
    ['22005, for hours', json(400, errorBody(400, 22005)), RateLimited, { retryAfterMs: HOUR }],
    ['20003', json(401, errorBody(401, 20003)), ProviderMisconfigured, { code: 20003 }],
    ['401 without words', json(401, 'no'), ProviderMisconfigured, { code: 401 }],
    ['21210', json(400, errorBody(400, 21210)), ProviderMisconfigured, { code: 21210 }],
    ['21201', json(400, errorBody(400, 21201)), ProviderMisconfigured, { code: 21201 }],
  ])('%s', async (_, answer, kind, details) => {
    const twilio = await stubServer(answer);
    const attempt = await world.aPlannedAttempt();
    const error = await thrown(dialAt(twilio.url, attempt));
    expect(error).toBeInstanceOf(kind); // the translator holds the queue, or pauses it and tells the operator; neither costs an attempt
    expect(error).toMatchObject(details);
    expect(await world.attemptNow(attempt)).toMatchObject({ state: 'planned', epoch: 1 });
    expect(await used()).toBe(0);
    expect(twilio.received).toHaveLength(1);
    expect(world.producer.ids()).toEqual([]);
  });

  it('nobody listens', async () => {
    const attempt = await world.aPlannedAttempt();
    expect(await thrown(dialAt(await deadUrl(), attempt))).toBeInstanceOf(ProviderDown);
    expect(await world.attemptNow(attempt)).toMatchObject({ state: 'planned' });
    expect(await used()).toBe(0);
  });
});

describe('row 19: nobody knows, so it is unknown and never dialed again by itself', () => {
  it.each<[string, Answering]>([
    ['500', json(500, errorBody(500, 20500))],
    ['502 of something in between', json(502, '<html>')],
    ['503', json(503, '')],
    ['a cut connection', reset],
    ['a success without a call', json(201, {})],
    ['a redirect', json(307, '', { location: 'http://127.0.0.1:1/' })],
  ])('%s', async (_, answer) => {
    const twilio = await stubServer(answer);
    const attempt = await world.aPlannedAttempt();
    expect(await dialAt(twilio.url, attempt)).toEqual({ kind: 'done' });
    expect(await world.attemptNow(attempt)).toMatchObject({ state: 'unknown', epoch: 1 });
    expect(await dialAt(twilio.url, attempt)).toMatchObject({ kind: 'skipped' });
    expect(twilio.received).toHaveLength(1);
    expect(await used()).toBe(1);
  });

  it('no answer, until the run is cut', async () => {
    const run = new AbortController();
    const twilio = await stubServer((reply, received) => {
      void hang(reply, received);
      run.abort(new JobTooLong(1));
    });
    const attempt = await world.aPlannedAttempt();
    expect(await dialAt(twilio.url, attempt, run.signal)).toEqual({ kind: 'done' });
    expect(await world.attemptNow(attempt)).toMatchObject({ state: 'unknown' });
  });
});

describe('row 19: refused for good, so the attempt is rejected with the code and the retry decides', () => {
  it.each([
    [21211, []],
    [21217, []],
    [21214, []],
    [13224, []],
    [21215, ['calls_refused']],
    [13227, ['calls_refused']],
    [32205, ['calls_refused']],
    [21216, ['calls_refused']],
  ])('%i, alerts: %j', async (code, told) => {
    const twilio = await stubServer(json(400, errorBody(400, code)));
    const attempt = await world.aPlannedAttempt();
    expect(await dialAt(twilio.url, attempt)).toEqual({ kind: 'done' });
    expect(await world.attemptNow(attempt)).toMatchObject({ state: 'rejected', outcome: 'undialable', error_code: String(code) });
    expect(world.producer.ids()).toEqual([`retry-${attempt._id.toHexString()}`]);
    expect(await alerts()).toEqual(told);
    expect(twilio.received).toHaveLength(1);
  });

  it('a code that nobody knows goes to an operator, and the attempt stays planned', async () => {
    const twilio = await stubServer(json(400, errorBody(400, 29999)));
    const attempt = await world.aPlannedAttempt();
    expect(await dialAt(twilio.url, attempt)).toMatchObject({ kind: 'rejected', reason: expect.stringContaining('29999') });
    expect(await world.attemptNow(attempt)).toMatchObject({ state: 'planned' });
    expect(await alerts()).toEqual(['calls_refused']);
  });
});

describe('row 19: 21610, whoever told Twilio never to be contacted has told us', () => {
  it('is opted out, for all deliveries of the number', async () => {
    const twilio = await stubServer(json(400, errorBody(400, 21610)), json(201, callBody()));
    const customer = await world.aCustomer();
    const attempt = await world.aPlannedAttempt({}, await world.aDelivery({ customer_id: customer._id }));
    const other = await world.aPlannedAttempt({}, await world.aDelivery({ customer_id: customer._id }));
    expect(await dialAt(twilio.url, attempt)).toEqual({ kind: 'done' });
    expect(await world.deps.optOuts.has(attempt.to_number)).toBe(true);
    for (const one of [attempt, other]) {
      expect(await world.attemptNow(one)).toMatchObject({ state: 'finished', outcome: 'opted_out' });
      expect((await world.deliveryNow({ _id: one.delivery_id })).contact).toMatchObject({ state: 'opted_out', reason: 'opted_out' });
    }
    expect((await world.all('notifications')).map(({ kind }) => kind as string)).toEqual(['opted_out', 'opted_out']);
    expect(await used()).toBe(0);
    expect(await dialAt(twilio.url, other)).toMatchObject({ kind: 'skipped' });
    expect(twilio.received).toHaveLength(1);
  });
});

describe('row 19: 13224, a number that does not exist or a carrier that is out', () => {
  const retry = ({ _id }: Pick<Attempt, '_id'>) => planNextAttempt({ attemptId: _id.toHexString(), traceId: TRACE_ID }, world.deps, aJob());
  const later = (hours: number) => new Date(world.time.now().getTime() + hours * HOUR);
  const refused = async (attempt: Attempt) => {
    const twilio = await stubServer(json(400, errorBody(400, 13224)));
    await dialAt(twilio.url, attempt);
    await retry(attempt);
  };

  it('is tried once more on the next day, and then given up', async () => {
    const first = await world.aPlannedAttempt({}, await world.aDelivery({ scheduled_time: later(72) }));
    await refused(first);
    const [, second] = (await world.all('callattempts')) as unknown as [Attempt, Attempt];
    expect(second).toMatchObject({ number: 2, state: 'planned', due_at: later(24) });
    expect((await world.deliveryNow({ _id: first.delivery_id })).contact).toMatchObject({ state: 'pending', next_at: later(24) });
    expect(await world.all('notifications')).toEqual([]);
    world.time.advance(24 * HOUR);
    await refused(second);
    expect(await world.all('callattempts')).toHaveLength(2);
    expect((await world.deliveryNow({ _id: first.delivery_id })).contact).toMatchObject({ state: 'unreachable', reason: 'undialable' });
    expect(await world.all('notifications')).toMatchObject([{ kind: 'not_reached' }]);
  });

  it('is given up at once where the delivery will not wait for a day: the driver learns it in time', async () => {
    const attempt = await world.aPlannedAttempt();
    await refused(attempt);
    expect(await world.all('callattempts')).toHaveLength(1);
    expect((await world.deliveryNow({ _id: attempt.delivery_id })).contact).toMatchObject({ state: 'unreachable' });
    expect(await world.all('notifications')).toMatchObject([{ kind: 'not_reached' }]);
  });
});

it('row 19: accepted, it is submitted', async () => {
  const twilio = await stubServer(json(201, callBody()));
  const attempt = await world.aPlannedAttempt();
  expect(await dialAt(twilio.url, attempt)).toEqual({ kind: 'done' });
  expect(await world.attemptNow(attempt)).toMatchObject({ state: 'submitted', call_sid: CALL });
});

it('row 19: while Twilio is down, three attempts become unknown and the others stay planned, without a request', async () => {
  const twilio = await stubServer(json(500, ''));
  const telephony = telephonyWithCircuits(telephonyAt(twilio.url), world.deps.metrics);
  const attempts = await Promise.all(Array.from({ length: 10 }, () => world.aPlannedAttempt()));
  const ends: unknown[] = [];
  for (const { _id } of attempts) {
    ends.push(
      await thrown(placeCall({ attemptId: _id.toHexString(), generation: 1, traceId: TRACE_ID }, { ...world.deps, telephony }, aJob())),
    );
  }
  expect(ends.slice(0, 3)).toEqual(Array(3).fill({ kind: 'done' }));
  expect(ends.slice(3)).toEqual(Array(7).fill(expect.any(RateLimited)));
  expect(twilio.received).toHaveLength(3);
  const states = Map.groupBy(await world.all('callattempts'), ({ state }) => state as string);
  expect([...states].map(([state, { length }]) => [state, length])).toEqual(
    expect.arrayContaining([
      ['unknown', 3],
      ['planned', 7],
    ]),
  );
  expect(await used()).toBe(3);
});
