import { ObjectId } from 'mongodb';
import { beforeAll, describe, expect, it } from 'vitest';
import { HOUR, webWorld, type WebWorld } from '#test/support/web-world.ts';

let world: WebWorld;
beforeAll(async () => {
  world = await webWorld();
});

const customerOf = (order: Record<string, unknown>) => order['customer'] as { phone: string };

describe('POST /v1/deliveries', () => {
  it('accepts: documents in MongoDB, the call in Redis, 202 with the address of the delivery', async () => {
    const order = world.order({
      external_id: 'ORD-1',
      estimated_duration: 20,
      priority: 'high',
      max_retries: 2,
      package_details: { weight: 2.5, dimensions: { length: 10 }, value: 9, fragile: true, special_instructions: 'Ring\ntwice' },
    });
    const answer = await world.submit(order, { traceparent: `00-${'ab'.repeat(16)}-${'cd'.repeat(8)}-01` });
    expect(answer.statusCode).toBe(202);
    const shown = answer.json();
    expect(answer.headers.location).toBe(`/v1/deliveries/${shown.id}`);
    expect(shown).toMatchObject({
      external_id: 'ORD-1',
      status: 'scheduled',
      priority: 'high',
      estimated_duration: 20,
      retry_count: 0,
      max_retries: 2,
      scheduled_time: order['scheduled_time'],
      contact: { state: 'pending', next_at: new Date(world.clock.ms).toISOString() },
      package_details: { weight: 2.5, fragile: true, signature_required: false },
    });

    const _id = new ObjectId(String(shown.id));
    const [customer] = await world.rows('customers', { phone: customerOf(order).phone });
    const [delivery] = await world.rows('deliveries', { _id });
    expect(customer).toMatchObject({ name: 'Ada Lovelace', preferences: { contact_method: 'call', language: 'en' }, total_deliveries: 0 });
    expect(delivery).toMatchObject({
      customer_id: customer?.['_id'],
      scheduled_time: new Date(String(order['scheduled_time'])),
      coordinates: { type: 'Point', coordinates: [-77.03, 38.9] },
      package_details: { dimensions: { length: 10 }, special_instructions: 'Ring\ntwice' },
      trace_id: 'ab'.repeat(16),
      createdAt: new Date(world.clock.ms),
      tracking_events: [{ status: 'call_planned' }],
    });
    expect(delivery).not.toHaveProperty('agent_id');
    const [attempt, ...more] = await world.rows('callattempts', { delivery_id: _id });
    expect(more).toEqual([]);
    expect(attempt).toMatchObject({
      customer_id: customer?.['_id'],
      number: 1,
      state: 'planned',
      channel: 'call',
      to_number: customerOf(order).phone,
      due_at: new Date(world.clock.ms),
      epoch: 0,
      generation: 1,
      priority: 'high',
    });
    expect(await world.rows('trackingevents', { delivery_id: _id })).toMatchObject([{ status: 'call_planned' }]);

    const job = (await world.jobs('call')).find(({ data }) => data.attemptId === String(attempt?.['_id']));
    expect(job?.id).toBe(`call-${String(attempt?.['_id'])}-g1`);
    expect(job?.data).toEqual({ attemptId: String(attempt?.['_id']), generation: 1, traceId: 'ab'.repeat(16) });
    expect(job?.opts.priority).toBe(2);
    expect(job?.opts.delay ?? 0).toBe(0);
  });

  it('is assigned when a driver is named', async () => {
    const shown = (await world.submit(world.order({ agent_id: world.driverId }))).json();
    expect(shown).toMatchObject({ status: 'assigned', agent_id: world.driverId });
    expect(await world.rows('deliveries', { _id: new ObjectId(String(shown.id)) })).toMatchObject([
      { agent_id: new ObjectId(world.driverId) },
    ]);
  });

  it('waits for the hours in which the customer may be called, and says why', async () => {
    // 00:00 or 01:00 of the next day, by the customer's clock.
    const order = world.order({ scheduled_time: new Date(world.clock.ms + 20 * HOUR).toISOString() });
    order['customer'] = { ...customerOf(order), preferences: { timezone: 'Asia/Tokyo' } };
    const { contact, id } = (await world.submit(order)).json();
    // 8:00 in Tokyo.
    const opens = new Date(new Date(world.clock.ms).setUTCHours(23, 0, 0, 0));
    expect(contact).toEqual({ state: 'pending', reason: 'quiet_hours', next_at: opens.toISOString() });
    const [attempt] = await world.rows('callattempts', { delivery_id: new ObjectId(String(id)) });
    expect(attempt?.['due_at']).toEqual(opens);
    const job = (await world.jobs('call')).find(({ data }) => data.attemptId === String(attempt?.['_id']));
    expect(job?.opts.delay).toBe(8 * HOUR);
    expect(await world.rows('trackingevents', { delivery_id: new ObjectId(String(id)) })).toMatchObject([
      { status: 'call_postponed', notes: `quiet_hours until ${opens.toISOString()}` },
    ]);
  });
});

describe('a customer', () => {
  it('is matched by phone: what is given overwrites, the rest stays', async () => {
    const order = world.order();
    const { phone } = customerOf(order);
    const preferences = { timezone: 'America/Chicago', language: 'es', preferred_times: ['09:00-12:00'] };
    order['customer'] = { name: 'Ada', phone, email: 'ada@example.com', preferences };
    await world.submit(order);
    // The same number, written by a person.
    const asWritten = phone.replace(/^\+1(...)(...)(....)$/, '+1 ($1) $2-$3');
    const again = await world.submit({
      ...world.order(),
      customer: { name: 'Ada Byron', phone: asWritten, preferences: { language: 'en' } },
    });
    expect(again.statusCode).toBe(202);
    const rows = await world.rows('customers', { phone });
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({
      name: 'Ada Byron',
      email: 'ada@example.com',
      preferences: { timezone: 'America/Chicago', language: 'en', preferred_times: ['09:00-12:00'], contact_method: 'call' },
    });
  });

  it('is one, when many deliveries to a new number come at once', async () => {
    const { customer } = world.order();
    const answers = await Promise.all(Array.from({ length: 20 }, () => world.submit(world.order({ customer }))));
    expect(answers.map(({ statusCode }) => statusCode)).toEqual(Array(20).fill(202));
    expect(new Set(answers.map((answer) => answer.json().customer_id)).size).toBe(1);
    expect(await world.rows('customers', { phone: (customer as { phone: string }).phone })).toHaveLength(1);
  });

  it('can be named by id', async () => {
    const first = (await world.submit(world.order())).json();
    const { customer: _customer, ...order } = world.order({ customer_id: first.customer_id });
    const second = await world.submit(order);
    expect(second.statusCode).toBe(202);
    expect(second.json().customer_id).toBe(first.customer_id);
    expect(await world.rows('callattempts', { delivery_id: new ObjectId(String(second.json().id)) })).toHaveLength(1);
  });
});

describe('a customer who may not be called', () => {
  const told = async (id: string) => {
    const delivery_id = new ObjectId(id);
    const rows = await world.rows('notifications', { delivery_id });
    const jobs = (await world.jobs('notification')).filter(({ data }) => rows.some(({ _id }) => String(_id) === data.notificationId));
    return {
      kinds: rows.map(({ kind }) => String(kind)),
      jobs: jobs.length,
      attempts: (await world.rows('callattempts', { delivery_id })).length,
    };
  };

  it('has opted out: no attempt, the opt-out stays as it was, the driver is told', async () => {
    const order = world.order({ agent_id: world.driverId });
    const optOut = { _id: customerOf(order).phone as never, source: 'call', createdAt: new Date(5) };
    await world.db.collection('optouts').insertOne(optOut);
    const { contact, id } = (await world.submit(order)).json();
    expect(contact).toEqual({ state: 'opted_out', reason: 'opted_out' });
    expect(await world.rows('optouts', { _id: optOut._id })).toEqual([optOut]);
    expect(await told(String(id))).toEqual({ kinds: ['opted_out'], jobs: 1, attempts: 0 });
  });

  it('wants messages only: not permitted, because that channel is not enabled', async () => {
    const order = world.order({ agent_id: world.driverId });
    order['customer'] = { ...customerOf(order), preferences: { contact_method: 'sms' } };
    const { contact, id, status } = (await world.submit(order)).json();
    expect({ contact, status }).toEqual({ contact: { state: 'not_permitted', reason: 'channel_not_enabled' }, status: 'assigned' });
    expect(await world.rows('trackingevents', { delivery_id: new ObjectId(String(id)) })).toMatchObject([
      { status: 'call_not_permitted', notes: 'channel_not_enabled' },
    ]);
    expect(await told(String(id))).toEqual({ kinds: ['not_reached'], jobs: 1, attempts: 0 });
  });
});
