import { Registry } from 'prom-client';
import { beforeEach, describe, expect, it } from 'vitest';
import { showBooks } from '#src/clock/books-gauge.ts';
import { deterministicId } from '#src/db/deterministic-id.ts';
import { newCallLog } from '#src/db/documents/call-log.ts';
import type { NewAttempt } from '#src/db/documents/attempt.ts';
import type { CallAttemptDoc } from '#src/db/models/callattempts.ts';
import { HOUR, MINUTE, SECOND } from '#src/platform/time.ts';
import { PermanentlyRefused, ProviderDown } from '#src/providers/errors.ts';
import type { CallSnapshot } from '#src/providers/telephony.ts';
import { callSid } from '#test/support/fakes/telephony.ts';
import { jsonLog } from '#test/support/json-log.ts';
import { TRACE_ID } from '#test/support/makers.ts';
import { aJob, setup, type World } from '#test/support/world.ts';
import { compareBooks } from '#workers/books.ts';

let world: World;
let logged: ReturnType<typeof jsonLog>;
const noon = new Date('2026-03-10T12:00:00Z');
const midnight = new Date('2026-03-11T00:00:00Z');
const after = (at: Date, ms: number) => new Date(at.getTime() + ms);
beforeEach(async () => {
  world = await setup();
  logged = jsonLog();
  world.time.set(after(noon, HOUR));
});

const compare = (deps: Partial<World['deps']> = {}) =>
  compareBooks({ hour: 1, traceId: TRACE_ID }, { ...world.deps, ...deps }, aJob({ log: logged.log }));

/** A call as Twilio tells it, started two seconds after it was created. */
const atTwilio = (sid: string, to: string, created: Date, over: Partial<CallSnapshot> = {}) =>
  world.telephony.calls.push({
    callSid: sid,
    to,
    from: '+12025550000',
    status: 'completed',
    dateCreated: created,
    startTime: after(created, 2 * SECOND),
    endTime: after(created, 40 * SECOND),
    ...over,
  });

/** An attempt whose call is over; its log says `completed`. */
async function anEndedCall(at: Date, over: Partial<NewAttempt> = {}): Promise<CallAttemptDoc> {
  const attempt = await world.anEndedAttempt('confirmed', {
    claimed_at: at,
    submitted_at: at,
    finished_at: after(at, 41 * SECOND),
    ...over,
  });
  await world.db.collection('calllogs').updateOne({ attempt_id: attempt._id }, { $set: { status: 'completed' } });
  return attempt;
}
/** The same, with the call at Twilio. */
async function aBookedCall(at: Date): Promise<CallAttemptDoc> {
  const attempt = await anEndedCall(at);
  atTwilio(attempt.call_sid ?? '', attempt.to_number, at);
  return attempt;
}

/** What was found of each day: kinds with anything in them. */
async function found(): Promise<Record<string, Record<string, number>>> {
  const rows = await world.db.collection('systemmetrics').find({ metric_type: 'call_books_difference' }).sort({ timestamp: 1 }).toArray();
  const days = Object.groupBy(rows, ({ tags }) => String(tags.day));
  return Object.fromEntries(
    Object.entries(days).map(([day, of = []]) => [
      day,
      Object.fromEntries(of.filter(({ value }) => value !== 0).map(({ tags, value }) => [tags.kind, value])),
    ]),
  );
}
const today = async () => (await found())['2026-03-10'];
const alerts = async () => (await world.deps.metrics.alerts.get()).values.map(({ value }) => value);
const measured = async (metric_type: string) =>
  (await world.db.collection('systemmetrics').find({ metric_type }).sort({ timestamp: 1 }).toArray()).map(({ tags, value }) => [
    tags.day,
    value,
  ]);

describe('the ledger and Twilio’s list of calls', () => {
  it('agree: nothing is found, over as many pages as there are', async () => {
    for (let n = 0; n < 5; n += 1) await aBookedCall(after(noon, n * MINUTE));
    expect(await compare()).toEqual({ kind: 'done' });
    expect(await found()).toEqual({ '2026-03-09': {}, '2026-03-10': {} });
    expect(await measured('call_books_calls')).toContainEqual(['2026-03-10', 5]);
    expect(await measured('call_books_attempts')).toContainEqual(['2026-03-10', 5]);
    expect(await alerts()).toEqual([]);
  });

  it('a call that no attempt has', async () => {
    await aBookedCall(noon);
    atTwilio(callSid(900), '+12025558888', noon);
    await compare();
    expect(await today()).toEqual({ unknown_call: 1 });
  });

  it('a call to a customer whom we had called before, and not at that time', async () => {
    const { to_number } = await aBookedCall(noon);
    atTwilio(callSid(900), to_number, after(noon, 20 * MINUTE));
    await compare();
    expect(await today()).toEqual({ unknown_call: 1 });
  });

  it('a second call of an attempt, while its own went on', async () => {
    const { to_number } = await aBookedCall(noon);
    atTwilio(callSid(900), to_number, after(noon, 3 * SECOND));
    await compare();
    expect(await today()).toEqual({ second_call: 1 });
  });

  it('a second call of an attempt, dialed by a run that came too late and logged it', async () => {
    const attempt = await aBookedCall(noon);
    const log = {
      _id: deterministicId('call', callSid(900)),
      delivery_id: attempt.delivery_id,
      attempt_id: attempt._id,
      call_sid: callSid(900),
      status: 'completed' as const,
      from_number: '+12025550000',
      to_number: attempt.to_number,
    };
    await world.deps.callLogs.ensure(newCallLog(log, noon));
    atTwilio(callSid(900), attempt.to_number, after(noon, 20 * MINUTE));
    await compare();
    expect(await today()).toEqual({ second_call: 1 });
  });

  it.each([
    ['does not know', undefined],
    ['refuses to look up', new PermanentlyRefused('telephony', 20001)],
  ])('an attempt whose call Twilio %s', async (_, failure) => {
    const attempt = await anEndedCall(noon);
    const findCall: World['telephony']['findCall'] = async () => {
      if (failure) throw failure;
      return null;
    };
    await compare({ telephony: { ...world.telephony, findCall } });
    expect(await today()).toEqual({ missing_call: 1 });
    expect(logged.lines).toMatchObject([{ ids: { missing_call: [attempt._id.toHexString()] } }]);
  });

  it.each([
    ['another ending', 'busy', 'completed'],
    ['no ending', 'in-progress', 'completed'],
  ])('a log that says %s than Twilio', async (_, status, theirs) => {
    const attempt = await anEndedCall(noon);
    await world.db.collection('calllogs').updateOne({ attempt_id: attempt._id }, { $set: { status } });
    atTwilio(attempt.call_sid ?? '', attempt.to_number, noon, { status: theirs });
    await compare();
    expect(await today()).toEqual({ status: 1 });
  });

  it('a call that has never started is in no list, and is looked up by itself', async () => {
    const attempt = await anEndedCall(noon);
    await world.db.collection('calllogs').updateOne({ attempt_id: attempt._id }, { $set: { status: 'canceled' } });
    const { startTime: _, ...never } = {
      startTime: 0,
      callSid: attempt.call_sid ?? '',
      to: attempt.to_number,
      from: '',
      status: 'canceled',
    };
    world.telephony.calls.push(never);
    await compare();
    expect(await today()).toEqual({});
  });
});

describe('what is in motion is no difference', () => {
  it('a call that is younger than a quarter of an hour', async () => {
    atTwilio(callSid(900), '+12025558888', after(noon, HOUR - 14 * MINUTE));
    const attempt = await anEndedCall(after(noon, HOUR - 14 * MINUTE));
    await compare();
    expect(await today()).toEqual({});
    world.time.advance(2 * MINUTE);
    await compare();
    expect(await today()).toEqual({ unknown_call: 1, missing_call: 1 });
    expect(attempt.call_sid).toBeDefined();
  });

  it('a call of an attempt that does not know yet which call it is', async () => {
    const { to_number } = await world.aPlannedAttempt({ state: 'unknown', epoch: 1, claimed_at: noon, unknown_at: noon });
    atTwilio(callSid(900), to_number, noon);
    await compare();
    expect(await today()).toEqual({});
  });

  it('a call that goes on', async () => {
    const attempt = await world.aCall({ claimed_at: noon, submitted_at: noon });
    atTwilio(attempt.call_sid ?? '', attempt.to_number, noon, { status: 'in-progress' });
    await compare();
    expect(await today()).toEqual({});
  });
});

describe('midnight parts nothing', () => {
  it.each([
    ['claimed in the last second, created in the first', -1, 1],
    ['created and started in the last seconds, ended after', -5, -4],
    ['waiting in Twilio’s queue for minutes', -30, 4 * 60],
  ])('%s', async (_, claimed, created) => {
    const attempt = await anEndedCall(after(midnight, claimed * SECOND), { finished_at: after(midnight, (created + 60) * SECOND) });
    atTwilio(attempt.call_sid ?? '', attempt.to_number, after(midnight, created * SECOND));
    for (const hours of [1, 3]) {
      world.time.set(after(midnight, hours * HOUR));
      await compare();
    }
    expect(Object.values(await found()).every((kinds) => Object.keys(kinds).length === 0)).toBe(true);
    const calls = await measured('call_books_calls');
    expect(calls.reduce((sum, [, value]) => sum + value, 0)).toBe(1);
  });

  it('an unknown call is found on one day alone', async () => {
    atTwilio(callSid(900), '+12025558888', after(midnight, -2 * SECOND)); // starts at midnight
    world.time.set(after(midnight, 3 * HOUR));
    await compare();
    expect(await found()).toMatchObject({ '2026-03-10': {}, '2026-03-11': { unknown_call: 1 } });
  });
});

describe('day by day', () => {
  it('a day is compared again until two hours after its end, and then no more', async () => {
    await anEndedCall(after(midnight, -HOUR));
    world.time.set(after(midnight, HOUR));
    await compare();
    expect(await today()).toEqual({ missing_call: 1 });
    expect(await alerts()).toEqual([1]);
    world.time.set(after(midnight, 2 * HOUR));
    await compare();
    expect(await alerts()).toEqual([2]);
    world.time.set(after(midnight, 3 * HOUR));
    await compare();
    expect(await alerts()).toEqual([2]);
    expect(await today()).toEqual({ missing_call: 1 });
  });

  it('what has settled meanwhile is no difference any more', async () => {
    const attempt = await anEndedCall(noon);
    await compare();
    expect(await today()).toEqual({ missing_call: 1 });
    atTwilio(attempt.call_sid ?? '', attempt.to_number, noon);
    await compare();
    expect(await today()).toEqual({});
  });

  it('days that were missed are made good, for a week', async () => {
    await compare();
    await anEndedCall(after(noon, 24 * HOUR));
    world.time.advance(5 * 24 * HOUR);
    await compare();
    expect((await found())['2026-03-11']).toEqual({ missing_call: 1 });
    expect(Object.keys(await found())).toHaveLength(7);
  });

  it('two runs at once find what one finds', async () => {
    atTwilio(callSid(900), '+12025558888', noon);
    world.time.set(after(midnight, 3 * HOUR));
    await Promise.all([compare(), compare()]);
    await compare();
    expect(await found()).toMatchObject({ '2026-03-10': { unknown_call: 1 }, '2026-03-11': {} });
  });

  it('a run that Twilio ends half way closes no day', async () => {
    world.telephony.failure = new ProviderDown('telephony');
    world.time.set(after(midnight, 3 * HOUR));
    await expect(compare()).rejects.toBeInstanceOf(ProviderDown);
    expect(await world.deps.books.closedUntil()).toBeNull();
  });
});

describe('an operator', () => {
  it('is told the ids, and no phone number', async () => {
    atTwilio(callSid(900), '+12025558888', noon);
    await compare();
    expect(logged.lines).toMatchObject([
      { alert: 'call_books_difference', day: '2026-03-10', counts: { unknown_call: 1 }, ids: { unknown_call: [callSid(900)] } },
    ]);
    expect(JSON.stringify(logged.lines)).not.toContain('+1202');
  });

  it('sees the difference of today and yesterday in the metrics of every clock', async () => {
    atTwilio(callSid(900), '+12025558888', noon);
    await compare();
    const registry = new Registry();
    showBooks(registry, world.deps.books);
    expect(await registry.metrics()).toContain('call_books_difference{kind="unknown_call"} 1');
    expect(await registry.metrics()).toContain('call_books_difference{kind="missing_call"} 0');
    world.time.advance(48 * HOUR);
    expect(await registry.metrics()).not.toContain('call_books_difference{');
  });
});

it('asks MongoDB through indexes alone', async () => {
  for (let n = 0; n < 60; n += 1) await aBookedCall(after(noon, -26 * HOUR + n * SECOND));
  await aBookedCall(noon);
  atTwilio(callSid(900), '+12025558888', noon);
  const { books } = world.deps;
  await world.db.setProfilingLevel('all');
  await books.known([callSid(900), callSid(901)]);
  await books.earlierAttempt('+12025558888', noon);
  for await (const ended of books.endedWithCall(noon, after(noon, HOUR))) expect(ended).toBeDefined();
  await world.db.setProfilingLevel('off');
  const profiles = await world.db.collection('system.profile').find({ op: 'query' }).toArray();
  await world.db.collection('system.profile').drop();
  expect(profiles.map(({ planSummary }) => planSummary)).toEqual([
    expect.stringContaining('IXSCAN'),
    expect.stringContaining('IXSCAN'),
    expect.stringContaining('IXSCAN'),
    expect.stringContaining('IXSCAN'),
  ]);
  expect(profiles.reduce((sum, { docsExamined }) => sum + Number(docsExamined), 0)).toBeLessThanOrEqual(2);
});
