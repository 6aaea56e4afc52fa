import { beforeEach, describe, expect, it } from 'vitest';
import { print } from '#scripts/prove/print.ts';
import type { Proof } from '#scripts/prove/proof.ts';
import { dayOf, prove } from '#scripts/prove/prove.ts';
import { deterministicId } from '#src/db/deterministic-id.ts';
import type { NewAttempt } from '#src/db/documents/attempt.ts';
import { newCallLog } from '#src/db/documents/call-log.ts';
import type { CallAttemptDoc } from '#src/db/models/callattempts.ts';
import { trackingEvent } from '#src/pipeline/tracking-event.ts';
import { HOUR, MINUTE, SECOND } from '#src/platform/time.ts';
import { callSid } from '#test/support/fakes/telephony.ts';
import { choiceEvent } from '#test/workers/a-call.ts';
import { setup, type World } from '#test/support/world.ts';
import { twilioOfADay, type StubCall } from './twilio-of-a-day.ts';

let world: World;
let calls: StubCall[];
const noon = new Date('2026-03-10T12:00:00Z');
const midnight = new Date('2026-03-11T00:00:00Z');
const after = (at: Date, ms: number) => new Date(at.getTime() + ms);
const hex = ({ _id }: { _id: { toHexString(): string } }) => _id.toHexString();
beforeEach(async () => {
  world = await setup();
  world.time.set(noon);
  calls = [];
});

/** Proves the day at three in the morning of the next. */
async function proof({ day = '2026-03-10', at = after(midnight, 3 * HOUR), scale = 1 } = {}): Promise<Proof> {
  const { books } = await twilioOfADay(calls);
  return prove(world.db, books, dayOf(day, at, scale));
}
const differences = async (options: Parameters<typeof proof>[0] = {}) => (await proof(options)).differences;

/** A delivery whose customer was reached at the first attempt; its call is at Twilio and in its log. */
async function aReachedCustomer(at = noon, over: Partial<NewAttempt> = {}, call: Partial<StubCall> = {}): Promise<CallAttemptDoc> {
  const delivery = await world.aDelivery({ contact: { state: 'confirmed', attempt: 1 } });
  const times = { claimed_at: at, submitted_at: at, finished_at: after(at, 41 * SECOND) };
  const attempt = await world.anEndedAttempt('confirmed', { follow_up: 'done', ...times, ...over }, delivery);
  await world.db.collection('calllogs').updateOne({ attempt_id: attempt._id }, { $set: { status: call.status ?? 'completed' } });
  calls.push({ sid: attempt.call_sid ?? '', to: attempt.to_number, created: after(at, SECOND), ...call });
  return attempt;
}

describe('a day whose books agree', () => {
  it('every delivery, attempt and call is accounted for', async () => {
    for (let n = 0; n < 5; n += 1) await aReachedCustomer(after(noon, n * MINUTE));
    const soon = { due_at: after(midnight, 20 * HOUR) };
    await world.aPlannedAttempt(soon);
    await world.aPlannedAttempt(); // its time has passed
    const open = await world.aPlannedAttempt({ state: 'unknown', claimed_at: noon, unknown_at: noon });
    for (const state of ['rejected', 'not_placed'] as const) {
      const delivery = await world.aDelivery({ contact: { state: 'unreachable', attempt: 1 } });
      await world.aPlannedAttempt({ state, outcome: 'undialable', claimed_at: noon, finished_at: noon }, delivery);
    }
    // Of the day before.
    world.time.set(after(noon, -24 * HOUR));
    await aReachedCustomer(after(noon, -24 * HOUR));

    expect(await proof()).toMatchObject({
      deliveries: { submitted: 10, ended: 7, due: 2, overdue: 1, waiting: 1, stuck: 0 },
      attempts: { begun: 8, atTwilio: 5, rejected: 1, notPlaced: 1, open: [hex(open)], lost: 0 },
      calls: { started: 5, ofTheDay: 5, ofOtherDays: 0, inMotion: 0, ofNobody: 0 },
      differences: [],
    });
  });

  it('an empty one, too', async () => {
    expect(await proof()).toMatchObject({ deliveries: { submitted: 0 }, attempts: { begun: 0 }, calls: { started: 0 }, differences: [] });
  });

  it('a call that never started is in no list of Twilio’s, and is looked up', async () => {
    await aReachedCustomer(noon, {}, { status: 'canceled', started: null });
    expect(await proof()).toMatchObject({ attempts: { begun: 1, atTwilio: 1 }, calls: { started: 0 }, differences: [] });
  });

  it('calls of another number of the account are somebody else’s', async () => {
    calls.push({ sid: callSid(900), to: '+12025558888', from: '+12025551234', created: noon });
    expect(await proof()).toMatchObject({ calls: { started: 0 }, differences: [] });
  });
});

describe('what was planted is found, and named', () => {
  it('a call at Twilio that nobody knows', async () => {
    await aReachedCustomer();
    calls.push({ sid: callSid(900), to: '+12025558888', created: noon });
    expect(await proof()).toMatchObject({
      calls: { started: 2, ofTheDay: 1, ofNobody: 1 },
      differences: [{ about: 'call', id: callSid(900), what: 'at Twilio, and no attempt knows of it' }],
    });
  });

  it('an attempt whose call Twilio does not know', async () => {
    const lost = await aReachedCustomer();
    calls = [];
    expect(await proof()).toMatchObject({
      attempts: { begun: 1, atTwilio: 0, lost: 1 },
      differences: [{ about: 'attempt', id: hex(lost), what: `Twilio does not know its call ${lost.call_sid ?? ''}` }],
    });
  });

  it('an attempt that was begun and forgotten', async () => {
    const lost = await world.aPlannedAttempt({ state: 'finished', outcome: 'failed', claimed_at: noon, finished_at: noon });
    expect(await differences()).toContainEqual({
      about: 'attempt',
      id: hex(lost),
      what: 'lost: finished, begun, and neither called nor refused',
    });
  });

  it('a doubled call, by the log that was written for it', async () => {
    const attempt = await aReachedCustomer();
    const log = { delivery_id: attempt.delivery_id, attempt_id: attempt._id, status: 'completed' as const, from_number: '+1' };
    await world.deps.callLogs.ensure(
      newCallLog({ ...log, _id: deterministicId('call', callSid(900)), call_sid: callSid(900), to_number: attempt.to_number }, noon),
    );
    calls.push({ sid: callSid(900), to: attempt.to_number, created: after(noon, HOUR) });
    expect(await differences()).toEqual([{ about: 'attempt', id: hex(attempt), what: `doubled, a second call: ${callSid(900)}` }]);
  });

  it('a doubled call of which nothing was written, by its number and time', async () => {
    const attempt = await aReachedCustomer();
    calls.push({ sid: callSid(900), to: attempt.to_number, created: after(noon, 2 * SECOND) });
    expect(await differences()).toEqual([{ about: 'attempt', id: hex(attempt), what: `doubled, a second call: ${callSid(900)}` }]);
  });

  it('a call whose ending was never heard of', async () => {
    const attempt = await aReachedCustomer();
    await world.db.collection('calllogs').updateOne({ attempt_id: attempt._id }, { $set: { status: 'ringing' } });
    expect(await differences()).toEqual([{ about: 'call', id: attempt.call_sid, what: 'Twilio says completed, its log ringing' }]);
  });

  it('a call that has no log', async () => {
    const attempt = await aReachedCustomer();
    await world.db.collection('calllogs').deleteOne({ attempt_id: attempt._id });
    expect(await differences()).toEqual([{ about: 'call', id: attempt.call_sid, what: 'Twilio says completed, its log is missing' }]);
  });

  it('a delivery that vanished, by the history that was written beside it', async () => {
    const delivery = await world.aDelivery();
    await world.deps.history.record(trackingEvent({ deliveryId: delivery._id, status: 'call_planned', at: noon }));
    await world.db.collection('deliveries').deleteOne({ _id: delivery._id });
    expect(await proof()).toMatchObject({
      deliveries: { submitted: 0, vanished: 1 },
      differences: [{ about: 'delivery', id: hex(delivery), what: expect.stringContaining('vanished') }],
    });
    expect(await differences({ at: after(noon, 5 * MINUTE) })).toEqual([]);
  });

  it('a delivery without an attempt', async () => {
    const delivery = await world.aDelivery();
    expect(await proof()).toMatchObject({
      deliveries: { submitted: 1, stuck: 1 },
      differences: [{ about: 'delivery', id: hex(delivery), what: 'stuck: pending, no attempt, no next time' }],
    });
  });

  it('a delivery whose attempts are over, without a next time', async () => {
    const delivery = await world.aDelivery({ contact: { state: 'contacting', attempt: 1 } });
    await world.anEndedAttempt('busy', { follow_up: 'done', claimed_at: after(noon, -48 * HOUR) }, delivery);
    expect(await differences()).toEqual([
      { about: 'delivery', id: hex(delivery), what: 'stuck: contacting, all its attempts are over, no next time' },
    ]);
  });
});

describe('what is in motion is none', () => {
  it.each([
    ['a delivery that was submitted a moment ago', async () => void (await world.aDelivery())],
    ['a call that was placed a moment ago', async () => void calls.push({ sid: callSid(900), to: '+12025558888', created: noon })],
  ])('%s', async (_, plant) => {
    await plant();
    expect(await differences({ at: after(noon, 14 * MINUTE) })).toEqual([]);
    expect(await differences({ at: after(noon, 16 * MINUTE) })).toHaveLength(1);
    // A fast clock's quarter of an hour is no time in which anything could be written: a real minute is.
    expect(await differences({ at: after(noon, 16 * MINUTE), scale: 60 })).toEqual([]);
    expect(await differences({ at: after(noon, 61 * MINUTE), scale: 60 })).toHaveLength(1);
  });

  it('a call of an attempt that is still open', async () => {
    const open = await world.aPlannedAttempt({ state: 'unknown', claimed_at: noon, unknown_at: noon });
    calls.push({ sid: callSid(900), to: open.to_number, created: noon });
    expect(await proof()).toMatchObject({ attempts: { open: [hex(open)] }, calls: { started: 1, inMotion: 1 }, differences: [] });
  });

  it('a delivery whose retry is being decided, or whose callback waits to be applied', async () => {
    const busy = await world.aDelivery({ contact: { state: 'contacting', attempt: 1 } });
    await world.anEndedAttempt('busy', { claimed_at: after(noon, -48 * HOUR) }, busy);
    const told = await world.aDelivery({ contact: { state: 'contacting', attempt: 1 } });
    const over = { follow_up: 'done' as const, claimed_at: after(noon, -48 * HOUR) };
    const attempt = await world.anEndedAttempt('hung_up', over, told);
    await world.anEvent(choiceEvent(attempt.call_sid ?? '', '1'), attempt);
    expect(await proof()).toMatchObject({ deliveries: { waiting: 2, stuck: 0 }, differences: [] });
  });
});

describe('midnight parts nothing', () => {
  it.each([
    ['claimed at 23:59:59, created at 00:00:01', -1 * SECOND, SECOND],
    ['in Twilio’s queue over midnight', -10 * MINUTE, 9 * MINUTE],
  ])('%s', async (_, claimed, created) => {
    await aReachedCustomer(after(midnight, claimed), {}, { created: after(midnight, created) });
    const at = after(midnight, 3 * HOUR);
    expect(await proof({ at })).toMatchObject({ attempts: { begun: 1, atTwilio: 1 }, calls: { started: 0 }, differences: [] });
    expect(await proof({ day: '2026-03-11', at })).toMatchObject({
      attempts: { begun: 0 },
      calls: { started: 1, ofTheDay: 0, ofOtherDays: 1 },
      differences: [],
    });
  });
});

it('is printed without a phone number, in no more than 100 columns', async () => {
  await aReachedCustomer();
  calls.push({ sid: callSid(900), to: '+12025558888', created: noon });
  const { to_number } = await world.aPlannedAttempt({ state: 'unknown', claimed_at: noon, unknown_at: noon });
  const attempt = await aReachedCustomer();
  calls.push({ sid: callSid(901), to: attempt.to_number, created: noon });
  await world.aDelivery();
  const text = print(await proof());
  expect(text).toContain(callSid(900));
  expect(text).toContain('3 differences:');
  expect(text).not.toContain('+1');
  expect(text).not.toContain(to_number.slice(2));
  expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
});
