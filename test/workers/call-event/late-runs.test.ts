import { beforeEach, describe, expect, it } from 'vitest';
import type { CallAttemptDoc } from '#src/db/models/callattempts.ts';
import { TRACE_ID } from '#test/support/makers.ts';
import { aJob, setup, type World } from '#test/support/world.ts';
import { planNextAttempt } from '#workers/retry.ts';
import { choiceEvent, statusEvent } from '../a-call.ts';
import { sidOf, tellingIn } from './told.ts';

let world: World;
beforeEach(async () => {
  world = await setup();
});
const { run, tell } = tellingIn(() => world);

const retry = (attempt: CallAttemptDoc) => planNextAttempt({ attemptId: attempt._id.toHexString(), traceId: TRACE_ID }, world.deps, aJob());
const deliveryOf = (attempt: CallAttemptDoc) => world.deliveryNow({ _id: attempt.delivery_id });

describe('row 4: a run that was stopped before it told the delivery, and wakes when the retry is planned', () => {
  it('hides neither when that is due nor that it is the second', async () => {
    const attempt = await world.aCall();
    const event = await world.anEvent(statusEvent(sidOf(attempt), 'busy', 1), attempt);
    let planned = await deliveryOf(attempt);
    const { moveContact } = world.deps.deliveries;
    const deliveries: World['deps']['deliveries'] = {
      ...world.deps.deliveries,
      async moveContact(...move) {
        await retry(attempt);
        planned = await deliveryOf(attempt);
        return moveContact(...move);
      },
    };
    await run(event._id.toHexString(), { ...world, deps: { ...world.deps, deliveries } });
    expect(planned).toMatchObject({ contact: { state: 'pending', reason: 'busy', next_at: expect.any(Date) }, retry_count: 1 });
    expect(await deliveryOf(attempt)).toEqual(planned);
  });
});

it('an answer that is reported when the retry is planned still counts, and so does the retry', async () => {
  const attempt = await world.aCall();
  await tell(statusEvent(sidOf(attempt), 'busy', 1), attempt);
  await retry(attempt);
  await tell(choiceEvent(sidOf(attempt), '1'), attempt);
  expect(await deliveryOf(attempt)).toMatchObject({ contact: { state: 'confirmed' }, retry_count: 1 });
});
