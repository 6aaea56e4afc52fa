import { beforeEach, describe, expect, it } from 'vitest';
import type { CallAttemptDoc } from '#src/db/models/callattempts.ts';
import type { CallEvent } from '#src/domain/call-events/call-event.ts';
import { DAY, HOUR, MINUTE } from '#src/platform/time.ts';
import { TRACE_ID } from '#test/support/makers.ts';
import { aJob, setup, type World } from '#test/support/world.ts';
import { planNextAttempt } from '#workers/retry.ts';
import { statusEvent } from '../a-call.ts';
import { sidOf, tellingIn } from './told.ts';

let world: World;
beforeEach(async () => {
  world = await setup();
});
const { tell, contactOf } = tellingIn(() => world);

const aCallOf = async () =>
  world.aCall(
    {},
    await world.aDelivery({
      contact: { state: 'contacting', attempt: 1 },
      scheduled_time: new Date(world.time.now().getTime() + 4 * DAY),
    }),
  );
/** Twilio reports that the call failed, with this code; then what follows is decided. */
const fail = async (attempt: CallAttemptDoc, errorCode?: string): Promise<void> => {
  const event = statusEvent(sidOf(attempt), 'failed', 1);
  await tell({ ...event, data: { status: 'failed', ...(errorCode === undefined ? {} : { errorCode }) } } as CallEvent, attempt);
  await planNextAttempt({ attemptId: attempt._id.toHexString(), traceId: TRACE_ID }, world.deps, aJob());
};
const next = async (): Promise<{ inMs: number } | null> => {
  const second = (await world.all('callattempts')).find(({ number }) => number === 2);
  return second ? { inMs: (second['due_at'] as Date).getTime() - world.time.now().getTime() } : null;
};
const alerts = async () =>
  (await world.deps.metrics.alerts.get()).values.filter(({ value }) => value > 0).map(({ labels }) => labels.alert);
const news = async () => (await world.all('notifications')).map(({ kind }) => kind as string);

describe('row 19: a call that Twilio took and that failed', () => {
  it('without a code is tried again soon', async () => {
    await fail(await aCallOf());
    expect(await next()).toEqual({ inMs: 15 * MINUTE });
    expect(await alerts()).toEqual([]);
  });

  it.each(['21211', '21217', '21214'])('with code %s is over: the number cannot be called', async (code) => {
    const attempt = await aCallOf();
    await fail(attempt, code);
    expect(await world.attemptNow(attempt)).toMatchObject({ outcome: 'undialable', error_code: code, follow_up: 'done' });
    expect(await world.all('calllogs')).toMatchObject([{ outcome: 'undialable', error_code: code }]);
    expect(await contactOf(attempt)).toMatchObject({ state: 'unreachable', reason: 'undialable' });
    expect([await next(), await alerts(), await news()]).toEqual([null, [], ['not_reached']]);
  });

  it.each(['21215', '13227', '32205', '21216'])('with code %s is over, and an operator is told, once', async (code) => {
    const attempt = await aCallOf();
    await fail(attempt, code);
    await tell(statusEvent(sidOf(attempt), 'initiated', 0), attempt);
    expect(await contactOf(attempt)).toMatchObject({ state: 'unreachable', reason: 'undialable' });
    expect([await next(), await alerts(), await news()]).toEqual([null, ['calls_refused'], ['not_reached']]);
  });

  it('with code 13224 is tried once more, on the next day', async () => {
    const attempt = await aCallOf();
    await fail(attempt, '13224');
    expect(await contactOf(attempt)).toMatchObject({ state: 'pending', reason: 'undialable' });
    expect(await next()).toEqual({ inMs: DAY });
    expect(await news()).toEqual([]);

    world.time.advance(DAY);
    const second = await world.attemptNow((await world.all('callattempts')).find(({ number }) => number === 2) as never);
    await world.db
      .collection('callattempts')
      .updateOne({ _id: second._id }, { $set: { state: 'submitted', call_sid: `CA${'2'.repeat(32)}`, submitted_at: world.time.now() } });
    await fail(await world.attemptNow(second), '13224');
    expect(await contactOf(attempt)).toMatchObject({ state: 'unreachable', reason: 'undialable' });
    expect(await news()).toEqual(['not_reached']);
  });

  it('with code 22005 is left alone for an hour', async () => {
    await fail(await aCallOf(), '22005');
    expect(await next()).toEqual({ inMs: HOUR });
  });

  it('with code 21610 is never called again, nor is any delivery of that customer', async () => {
    const attempt = await aCallOf();
    const other = await world.aDelivery({ customer_id: attempt.customer_id });
    await fail(attempt, '21610');
    expect(await world.all('optouts')).toMatchObject([{ _id: attempt.to_number, attempt_id: attempt._id }]);
    expect(await contactOf(attempt)).toMatchObject({ state: 'opted_out' });
    expect((await world.deliveryNow(other)).contact).toMatchObject({ state: 'opted_out' });
    expect(await world.attemptNow(attempt)).toMatchObject({ outcome: 'opted_out', follow_up: 'done' });
    expect([await next(), await news()]).toEqual([null, ['opted_out', 'opted_out']]);
  });
});
