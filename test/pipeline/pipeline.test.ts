import { beforeEach, describe, expect, it } from 'vitest';
import type { CallEvent } from '#src/domain/call-events/call-event.ts';
import { enqueueEvent, fileEvent } from '#src/pipeline/file-event.ts';
import { notifyDriver, type News } from '#src/pipeline/notify-driver.ts';
import { planFirstAttempt } from '#src/pipeline/plan-first-attempt.ts';
import { HOUR } from '#src/platform/time.ts';
import { TRACE_ID } from '#test/support/makers.ts';
import { callSid } from '#test/support/fakes/telephony.ts';
import { setup, type World } from '#test/support/world.ts';

let world: World;
beforeEach(async () => {
  world = await setup();
});

describe('the first attempt', () => {
  const plan = async (over: Parameters<World['aDelivery']>[0] = {}, optedOut = false) => {
    const delivery = await world.aDelivery({ priority: 'high', ...over });
    const customer = await world.customerNow({ _id: delivery.customer_id });
    return { delivery, customer, plan: () => planFirstAttempt(delivery, customer, optedOut, TRACE_ID, world.time.now()) };
  };

  it('is due at once where nothing forbids it', async () => {
    const { delivery, customer, plan: first } = await plan();
    expect(first()).toMatchObject({
      contact: { state: 'pending', next_at: world.time.now(), attempt: 0 },
      attempt: {
        number: 1,
        state: 'planned',
        due_at: world.time.now(),
        to_number: customer.phone,
        delivery_id: delivery._id,
        priority: 'high',
      },
      event: { status: 'call_planned' },
    });
  });

  it('is the same one whenever it is planned', async () => {
    const { plan: first } = await plan();
    const once = first();
    world.time.advance(HOUR);
    expect(first().attempt?._id).toEqual(once.attempt?._id);
    expect(first().event._id).toEqual(once.event._id);
  });

  it('waits for the end of quiet hours, and says why', async () => {
    const { plan: first } = await plan({ scheduled_time: new Date('2026-03-11T20:00:00Z') });
    world.time.advance(12 * HOUR);
    const morning = new Date('2026-03-11T12:00:00Z');
    expect(first()).toMatchObject({
      contact: { state: 'pending', next_at: morning, reason: 'quiet_hours' },
      attempt: { due_at: morning },
      event: { status: 'call_postponed' },
    });
  });

  it.each([
    ['opted_out', true, 'opted_out'],
    ['not_permitted', false, 'delivery_time_passed'],
  ])('is none where the contact is %s', async (state, optedOut, reason) => {
    const { plan: first } = await plan({ scheduled_time: world.time.now() }, optedOut);
    expect(first()).toMatchObject({ contact: { state, reason }, attempt: null, event: { status: 'call_not_permitted', notes: reason } });
  });
});

describe('telling the driver', () => {
  const news: News = { kind: 'confirmed', attemptNumber: 1, traceId: TRACE_ID, customerName: 'Ann Other' };

  it('is written down before it is enqueued, once for each piece of news', async () => {
    const delivery = await world.aDelivery({ priority: 'urgent' });
    await Promise.all([notifyDriver(delivery, news, world.deps), notifyDriver(delivery, news, world.deps)]);
    await notifyDriver(delivery, { ...news, attemptNumber: 2 }, world.deps);
    const rows = await world.all('notifications');
    expect(rows).toHaveLength(2);
    expect(world.producer.ids()).toEqual(expect.arrayContaining(rows.map(({ _id }) => `notification-${String(_id)}`)));
    expect(world.producer.jobs).toMatchObject([{ priority: 'urgent' }, { priority: 'urgent' }]);
    expect(rows[0]).toMatchObject({
      state: 'pending',
      agent_id: delivery.agent_id,
      delivery_id: delivery._id,
      title: 'Confirmed: Ann Other',
    });
  });

  it('is durable while Redis is away', async () => {
    const away = { enqueue: async () => Promise.reject(new Error('Redis is away')) };
    await expect(notifyDriver(await world.aDelivery(), news, { ...world.deps, producer: away })).rejects.toThrow('away');
    expect(await world.all('notifications')).toMatchObject([{ state: 'pending' }]);
  });

  it('tells nobody where there is no driver', async () => {
    const { agent_id: _nobody, ...delivery } = await world.aDelivery();
    await notifyDriver(delivery, news, world.deps);
    expect(await world.all('notifications')).toEqual([]);
    expect(world.producer.ids()).toEqual([]);
  });
});

describe('filing an event', () => {
  const event: CallEvent = {
    id: 'status:1',
    kind: 'call-status',
    callSid: callSid(1),
    sequence: 1,
    occurredAt: new Date('2026-03-10T13:59:00Z'),
    data: { status: 'ringing' },
  };

  it('is done once, and twenty copies have one id and one job', async () => {
    const attempt = await world.aCall();
    const filed = await Promise.all(
      Array.from({ length: 20 }, () => fileEvent(event, attempt._id, TRACE_ID, world.time.now(), world.deps)),
    );
    expect(filed.filter((one) => one.filed === 'inserted')).toHaveLength(1);
    expect(new Set(filed.map(({ eventId }) => eventId)).size).toBe(1);
    for (const { eventId } of filed) await enqueueEvent(eventId, TRACE_ID, world.producer);
    expect(world.producer.ids()).toEqual([`call-event-${filed[0]?.eventId}`]);
    expect(await world.all('webhookevents')).toMatchObject([
      { kind: 'call-status', attempt_id: attempt._id, call_sid: callSid(1), sequence: 1, data: { status: 'ringing' }, state: 'received' },
    ]);
  });
});
