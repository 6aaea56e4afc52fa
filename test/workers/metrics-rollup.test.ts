import { beforeEach, expect, it } from 'vitest';
import { MINUTE, SECOND } from '#src/platform/time.ts';
import { stateOf } from '#test/support/killed.ts';
import { TRACE_ID } from '#test/support/makers.ts';
import { aJob, setup, type World } from '#test/support/world.ts';
import { applyCallEvent } from '#workers/call-event.ts';
import { rollUpMetrics } from '#workers/metrics-rollup.ts';
import { choiceEvent, statusEvent } from './a-call.ts';

let world: World;
const noon = new Date('2026-03-10T16:00:00Z');
const minutes = (count: number) => new Date(noon.getTime() + count * MINUTE);
beforeEach(async () => {
  world = await setup();
  world.time.set(noon);
});

const rollUp = (deps: Partial<World['deps']> = {}) => rollUpMetrics({ until: 1, traceId: TRACE_ID }, { ...world.deps, ...deps }, aJob());
const points = (metric_type = 'calls') =>
  world.db.collection('systemmetrics').find({ metric_type }).sort({ timestamp: 1, 'tags.outcome': 1 }).toArray();
const short = async () =>
  (await points()).map(({ timestamp, value, tags }) => [(timestamp as Date).toISOString().slice(11, 16), tags.outcome, value]);
const ended = (outcome: 'confirmed' | 'busy', finished_at: Date, number = 1) => world.anEndedAttempt(outcome, { finished_at, number });

it('counts a window when it is over, by outcome', async () => {
  await Promise.all([
    ended('confirmed', minutes(1)),
    ended('confirmed', minutes(4.99)),
    ended('busy', minutes(0), 2),
    ended('busy', minutes(5)),
  ]);
  world.time.set(new Date(minutes(5).getTime() + 5 * SECOND));
  expect(await rollUp()).toEqual({ kind: 'done' });
  expect(await short()).toEqual([
    ['16:05', 'busy', 1],
    ['16:05', 'confirmed', 2],
  ]);
  expect(await points('retries')).toMatchObject([{ value: 1 }]);
  expect((await points('call_success_rate'))[0]?.['value']).toBeCloseTo(66.67, 1);
});

it('not before writes that were under way at its end are in', async () => {
  world.time.set(minutes(6));
  await rollUp();
  await ended('confirmed', minutes(9));
  world.time.set(new Date(minutes(10).getTime() + 4 * SECOND));
  expect(await rollUp()).toMatchObject({ kind: 'skipped' });
  world.time.advance(SECOND);
  await rollUp();
  expect(await short()).toEqual([['16:10', 'confirmed', 1]]);
});

it('running again gives the same numbers', async () => {
  await ended('confirmed', minutes(1));
  world.time.set(minutes(6));
  await rollUp();
  const first = await stateOf(world.db);
  expect(await rollUp()).toMatchObject({ kind: 'skipped' });
  expect(await stateOf(world.db)).toEqual(first);
});

it('a run that died before it set its mark is run again to the same numbers', async () => {
  await ended('confirmed', minutes(1));
  world.time.set(minutes(6));
  const systemMetrics = {
    ...world.deps.systemMetrics,
    counted: { ...world.deps.systemMetrics.counted, advance: async () => Promise.reject(new Error('killed')) },
  };
  await expect(rollUp({ systemMetrics })).rejects.toThrow('killed');
  await rollUp();
  expect(await short()).toEqual([['16:05', 'confirmed', 1]]);
});

it('counts what reaches the database after its window was counted, in its window, for an hour', async () => {
  await ended('confirmed', minutes(1));
  world.time.set(minutes(6));
  await world.aDelivery();
  await rollUp();
  // Written by a process that stood still since then.
  await Promise.all([ended('confirmed', minutes(2)), ended('busy', minutes(3), 2)]);
  const snapshot = await points('deliveries');
  world.time.set(minutes(11));
  await rollUp();
  expect(await short()).toEqual([
    ['16:05', 'busy', 1],
    ['16:05', 'confirmed', 2],
  ]);
  expect((await points('call_success_rate'))[0]?.['value']).toBeCloseTo(66.67, 1);
  expect((await points('retries')).filter(({ value }) => value > 0)).toMatchObject([{ timestamp: minutes(5), value: 1 }]);
  expect((await points('deliveries')).slice(0, 1)).toEqual(snapshot);

  await ended('confirmed', minutes(4));
  world.time.set(minutes(61));
  await rollUp();
  expect((await short()).slice(0, 2)).toEqual([
    ['16:05', 'busy', 1],
    ['16:05', 'confirmed', 3],
  ]);
});

it('a call that got another outcome after its window was counted is counted under that one alone', async () => {
  const attempt = await ended('busy', minutes(1));
  world.time.set(minutes(6));
  await rollUp();
  expect(await short()).toEqual([['16:05', 'busy', 1]]);
  // The customer's word was filed late.
  await world.db.collection('callattempts').updateOne({ _id: attempt._id }, { $set: { outcome: 'confirmed' } });
  world.time.set(minutes(11));
  await rollUp();
  expect(await short()).toEqual([['16:05', 'confirmed', 1]]);
  expect((await points('call_success_rate'))[0]).toMatchObject({ timestamp: minutes(5), value: 100 });
});

it('two at once count once', async () => {
  world.time.set(minutes(6));
  await rollUp();
  await Promise.all([ended('confirmed', minutes(6)), ended('busy', minutes(11))]);
  world.time.set(minutes(16));
  await Promise.all([rollUp(), rollUp(), rollUp()]);
  await rollUp();
  expect(await short()).toEqual([
    ['16:10', 'confirmed', 1],
    ['16:15', 'busy', 1],
  ]);
});

it('windows that were missed are caught up, without the states of a moment that is gone', async () => {
  world.time.set(minutes(6));
  await world.aDelivery();
  await rollUp();
  await Promise.all([ended('confirmed', minutes(7)), ended('busy', minutes(32)), ended('confirmed', minutes(58))]);
  world.time.set(minutes(61));
  await rollUp();
  expect(await short()).toEqual([
    ['16:10', 'confirmed', 1],
    ['16:35', 'busy', 1],
    ['17:00', 'confirmed', 1],
  ]);
  expect((await points('deliveries')).map(({ timestamp }) => (timestamp as Date).toISOString().slice(11, 16))).toEqual(['16:05', '17:00']);
});

it('a call of which we hear late counts in the window in which we heard of it, and once', async () => {
  world.time.set(minutes(6));
  await rollUp();
  const attempt = await world.aCall();
  world.time.set(minutes(13)); // the call was over two hours before
  const sid = attempt.call_sid ?? '';
  for (const event of [choiceEvent(sid, '1'), statusEvent(sid, 'completed', 3), statusEvent(sid, 'ringing', 1)]) {
    const { _id } = await world.anEvent(event, attempt);
    await applyCallEvent({ eventId: _id.toHexString(), traceId: TRACE_ID }, world.deps, aJob());
    world.time.advance(4 * MINUTE);
  }
  world.time.set(minutes(61));
  await rollUp();
  expect(await short()).toEqual([['16:20', 'confirmed', 1]]);
  expect(await points('average_call_duration')).toMatchObject([{ value: 35 }]);
});

it('takes an attempt that was closed before it was dialed for no call', async () => {
  await ended('confirmed', minutes(1));
  const undialed = await ended('busy', minutes(1));
  await world.db.collection('callattempts').updateOne({ _id: undialed._id }, { $unset: { claimed_at: '' } });
  world.time.set(minutes(6));
  await rollUp();
  expect(await points('call_success_rate')).toMatchObject([{ value: 100 }]);
});
