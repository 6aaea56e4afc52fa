import { beforeEach, expect, it } from 'vitest';
import { HOUR } from '#src/platform/time.ts';
import { TRACE_ID } from '#test/support/makers.ts';
import { aJob, setup, type World } from '#test/support/world.ts';
import { placeCall } from '#workers/call.ts';

let world: World;
beforeEach(async () => {
  world = await setup();
});

/** Dials by a clock that becomes right, or does not, when the database is asked. */
async function dial(correct: () => Promise<boolean>) {
  const attempt = await world.aPlannedAttempt({}, await world.aDelivery({ scheduled_time: new Date('2026-03-12T16:00:00Z') }));
  const deps = { ...world.deps, time: { ...world.time, correct } };
  const payload = { attemptId: attempt._id.toHexString(), generation: 1, traceId: TRACE_ID };
  return { attempt, run: placeCall(payload, deps, aJob()) };
}

it('row 25: the hour is the database’s, whatever the machine’s clock has become', async () => {
  const { attempt, run } = await dial(async () => {
    // It is 22:00 where the customer lives.
    world.time.advance(12 * HOUR);
    return true;
  });
  expect(await run).toMatchObject({ kind: 'snoozed', reason: 'quiet_hours' });
  expect(world.telephony.dialed).toEqual([]);
  expect(await world.attemptNow(attempt)).toMatchObject({ state: 'planned', due_at: new Date('2026-03-11T12:00:00Z') });
});

it('row 25: a database that is too slow to tell the time: nobody is called, nothing is claimed, it is tried again', async () => {
  const { attempt, run } = await dial(async () => false);
  expect(await run).toMatchObject({ kind: 'snoozed', until: world.time.now() });
  expect(world.telephony.dialed).toEqual([]);
  expect(await world.attemptNow(attempt)).toMatchObject({ state: 'planned', epoch: 0 });
});
