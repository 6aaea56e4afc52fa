import { ObjectId } from 'mongodb';
import { beforeAll, describe, expect, it } from 'vitest';
import { webWorld, type WebWorld } from '#test/support/web-world.ts';
import { ids, statuses } from './answers.ts';

let world: WebWorld;
beforeAll(async () => {
  world = await webWorld();
});

const reversed = (value: object): object =>
  Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([key, inner]) => [key, inner?.constructor === Object ? reversed(inner) : inner]),
  );

describe('external_id', () => {
  it('repeated with the same content is the same delivery: 200', async () => {
    const order = world.order({ external_id: 'same' });
    const first = await world.submit(order);
    const before = await world.everything();
    const second = await world.submit(reversed(order));
    expect(first.statusCode).toBe(202);
    expect(second.statusCode).toBe(200);
    expect(second.json()).toEqual(first.json());
    expect(second.headers.location).toBe(first.headers.location);
    expect(await world.everything()).toBe(before);
  });

  it('still is, when the time of the delivery has passed', async () => {
    const order = world.order({ external_id: 'late' });
    const { id } = (await world.submit(order)).json();
    const now = world.clock.ms;
    world.clock.ms += 30 * 3_600_000;
    const repeat = await world.submit(order);
    world.clock.ms = now;
    expect([repeat.statusCode, repeat.json().id]).toEqual([200, id]);
  });

  it('repeated with other content is refused: 409, and nothing is changed, not even the customer', async () => {
    const order = world.order({ external_id: 'other' });
    await world.submit(order);
    const before = await world.everything();
    const customer = { ...(order['customer'] as object), name: 'Somebody Else' };
    const answer = await world.submit({ ...order, customer }, { 'idempotency-key': 'other content' });
    expect(answer.statusCode).toBe(409);
    expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(answer.json()).toMatchObject({
      type: '/problems/external-id-in-use',
      errors: [{ in: 'body', field: 'external_id', message: 'is in use by a delivery with other content' }],
    });
    expect(await world.everything()).toBe(before);
  });

  it('of a request that died before it wrote the customer makes the delivery whole', async () => {
    const order = world.order({ external_id: 'no customer' });
    const { id, customer_id } = (await world.submit(order)).json<{ id: string; customer_id: string }>();
    const _id = new ObjectId(customer_id);
    const [customer] = await world.rows('customers', { _id });
    await world.db.collection('customers').deleteOne({ _id });
    expect((await world.submit(order)).json()).toMatchObject({ id, customer_id });
    expect(await world.rows('customers', { _id })).toMatchObject([{ phone: customer?.['phone'], name: customer?.['name'] }]);
    // Or somebody else has made that customer meanwhile.
    const other = new ObjectId();
    await world.db.collection('customers').deleteOne({ _id });
    await world.db.collection('customers').insertOne({ ...customer, _id: other });
    await world.submit(order);
    expect(await world.rows('deliveries', { external_id: 'no customer' })).toMatchObject([{ customer_id: other }]);
    expect(await world.rows('callattempts', { delivery_id: new ObjectId(id) })).toMatchObject([{ customer_id: other }]);
  });

  it('makes one delivery and one call, when twenty come at once', async () => {
    const order = world.order({ external_id: 'parallel' });
    const before = (await world.rows('trackingevents')).length;
    const answers = await Promise.all(Array.from({ length: 20 }, () => world.submit(order)));
    expect(ids(answers)).toHaveLength(1);
    expect(answers.filter(({ statusCode }) => statusCode === 202)).toHaveLength(1);
    expect(statuses(answers)).toEqual([200, 202]);
    const rows = await world.rows('deliveries', { external_id: 'parallel' });
    expect(rows).toHaveLength(1);
    // What the losers had planned is gone: nobody is ever called about it.
    const attempts = await world.rows('callattempts', { to_number: (order['customer'] as { phone: string }).phone });
    expect(attempts).toHaveLength(1);
    const planned = attempts.filter(({ state }) => state === 'planned');
    expect(planned.map(({ delivery_id }) => String(delivery_id))).toEqual([String(rows[0]?.['_id'])]);
    const jobs = (await world.jobs('call')).filter(({ data }) => attempts.some(({ _id }) => String(_id) === data.attemptId));
    expect(jobs.map(({ data }) => String(data.attemptId))).toEqual([String(planned[0]?.['_id'])]);
    // Nor is there history of deliveries that do not exist.
    expect(await world.rows('trackingevents')).toHaveLength(before + 1);
    const told = await world.rows('trackingevents', { delivery_id: { $in: attempts.map(({ delivery_id }) => delivery_id as ObjectId) } });
    expect(told.map(({ delivery_id }) => String(delivery_id))).toEqual([String(rows[0]?.['_id'])]);
  });

  it('tells the driver once of a customer who may not be called, when twenty come at once', async () => {
    const order = world.order({ external_id: 'parallel, uncallable', agent_id: world.driverId });
    order['customer'] = { ...(order['customer'] as object), preferences: { contact_method: 'sms' } };
    const before = (await world.rows('trackingevents')).length;
    const answers = await Promise.all(Array.from({ length: 20 }, () => world.submit(order)));
    expect(statuses(answers)).toEqual([200, 202]);
    const [delivery, ...more] = await world.rows('deliveries', { external_id: 'parallel, uncallable' });
    expect(more).toEqual([]);
    expect(await world.rows('notifications', { agent_id: delivery?.['agent_id'] })).toMatchObject([{ delivery_id: delivery?.['_id'] }]);
    expect(await world.rows('trackingevents')).toHaveLength(before + 1);
  });

  it('makes one delivery, when two with other content come at once', async () => {
    const one = world.order({ external_id: 'rivals' });
    const answers = await Promise.all([world.submit(one), world.submit({ ...one, address: '2 Main Street' })]);
    expect(statuses(answers)).toEqual([202, 409]);
    expect(await world.rows('deliveries', { external_id: 'rivals' })).toHaveLength(1);
  });

  it('changes no customer for a request that came second, when four with other content come at once', async () => {
    const one = world.order({ external_id: 'before' });
    await world.submit(one);
    const named = (name: string) => ({
      ...one,
      external_id: 'raced',
      address: name,
      customer: { ...(one as { customer: object }).customer, name },
    });
    const answers = await Promise.all(['First', 'Second', 'Third', 'Fourth'].map((name) => world.submit(named(name))));
    expect(statuses(answers)).toEqual([202, 409]);
    const [delivery] = await world.rows('deliveries', { external_id: 'raced' });
    expect(await world.rows('customers', { _id: delivery?.['customer_id'] })).toMatchObject([{ name: delivery?.['address'] }]);
  });

  it('makes the delivery whole of a request that died before it wrote what is new of a customer of ours', async () => {
    await world.submit(world.order({ external_id: 'known before' }));
    const order = {
      ...world.order({ external_id: 'new wishes' }),
      customer: { ...(world.order() as { customer: object }).customer, name: 'Ann Newname' },
    };
    const { id, customer_id } = (await world.submit(order)).json<{ id: string; customer_id: string }>();
    const _id = new ObjectId(customer_id);
    const written = {
      name: 'Ann Before',
      updatedAt: new Date((await world.rows('deliveries', { _id: new ObjectId(id) }))[0]?.['createdAt'] - 1),
    };
    await world.db.collection('customers').updateOne({ _id }, { $set: written });
    expect((await world.submit(order)).json()).toMatchObject({ id });
    expect(await world.rows('customers', { _id })).toMatchObject([{ name: 'Ann Newname' }]);
    // Somebody else's later word stays, however often this one is repeated.
    await world.db.collection('customers').updateOne({ _id }, { $set: { name: 'Ann Later' } });
    await world.submit(order);
    expect(await world.rows('customers', { _id })).toMatchObject([{ name: 'Ann Later' }]);
  });

  it('belongs to the API key', async () => {
    const key = await world.addKey('another shop', ['deliveries:write']);
    const first = await world.submit(world.order({ external_id: 'mine' }));
    const second = await world.submit(world.order({ external_id: 'mine' }), { authorization: `Bearer ${key}` });
    expect(statuses([first, second])).toEqual([202]);
    expect(ids([first, second])).toHaveLength(2);
  });
});
