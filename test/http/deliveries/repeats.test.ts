import { createHash } from 'node:crypto';
import { ObjectId } from 'mongodb';
import { beforeAll, describe, expect, it } from 'vitest';
import { webWorld, type WebWorld } from '#test/support/web-world.ts';

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
const statuses = (answers: { statusCode: number }[]) => [...new Set(answers.map(({ statusCode }) => statusCode))].toSorted();
const ids = (answers: { json(): { id?: string } }[]) => [...new Set(answers.map((answer) => answer.json().id))];

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
    const answers = await Promise.all(Array.from({ length: 20 }, () => world.submit(order)));
    expect(ids(answers)).toHaveLength(1);
    expect(answers.filter(({ statusCode }) => statusCode === 202)).toHaveLength(1);
    expect(statuses(answers)).toEqual([200, 202]);
    const rows = await world.rows('deliveries', { external_id: 'parallel' });
    expect(rows).toHaveLength(1);
    // What the losers had planned is closed: nobody is ever called about it.
    const attempts = await world.rows('callattempts', { to_number: (order['customer'] as { phone: string }).phone });
    const planned = attempts.filter(({ state }) => state === 'planned');
    expect(planned.map(({ delivery_id }) => String(delivery_id))).toEqual([String(rows[0]?.['_id'])]);
    const jobs = (await world.jobs('call')).filter(({ data }) => attempts.some(({ _id }) => String(_id) === data.attemptId));
    expect(jobs.map(({ data }) => String(data.attemptId))).toEqual([String(planned[0]?.['_id'])]);
    // Nor is there history of deliveries that do not exist.
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

  it('belongs to the API key', async () => {
    const key = await world.addKey('another shop', ['deliveries:write']);
    const first = await world.submit(world.order({ external_id: 'mine' }));
    const second = await world.submit(world.order({ external_id: 'mine' }), { authorization: `Bearer ${key}` });
    expect(statuses([first, second])).toEqual([202]);
    expect(ids([first, second])).toHaveLength(2);
  });
});

/** The row that a request with this key has, or had before it died. */
async function rowOf(key: string): Promise<{ _id: never; delivery_id: ObjectId; body_hash: string }> {
  const hash = createHash('sha256').update(key).digest('hex');
  const [row] = await world.rows('idempotencykeys', { _id: new RegExp(`:${hash}$`) });
  return row as { _id: never; delivery_id: ObjectId; body_hash: string };
}

describe('Idempotency-Key', () => {
  const withKey = (body: unknown, key: string) => world.submit(body, { 'idempotency-key': key });

  it('with the same body gives the same answer', async () => {
    const order = world.order();
    const first = await withKey(order, 'k-same');
    const before = await world.everything();
    const second = await withKey(order, 'k-same');
    expect(statuses([first, second])).toEqual([202]);
    expect(second.json()).toEqual(first.json());
    expect(second.headers.location).toBe(first.headers.location);
    expect(await world.everything()).toBe(before);
  });

  it('with another body is refused: 422, and nothing is changed', async () => {
    const order = world.order();
    await withKey(order, 'k-other');
    const before = await world.everything();
    const answer = await withKey({ ...order, address: '2 Main Street' }, 'k-other');
    expect(answer.statusCode).toBe(422);
    expect(answer.json()).toMatchObject({ type: '/problems/idempotency-key-reused', errors: [{ in: 'header', field: 'idempotency-key' }] });
    expect(await world.everything()).toBe(before);
  });

  it('makes one delivery, when twenty come at once; who comes too early is told when to try again', async () => {
    const order = world.order();
    const answers = await Promise.all(Array.from({ length: 20 }, () => withKey(order, 'k-parallel')));
    const early = answers.filter(({ statusCode }) => statusCode === 409);
    for (const answer of early) expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
    const served = answers.filter(({ statusCode }) => statusCode === 202);
    expect(early.length + served.length).toBe(20);
    expect(ids(served)).toHaveLength(1);
    expect(await world.rows('callattempts', { to_number: (order['customer'] as { phone: string }).phone })).toHaveLength(1);
  });

  /** A request that took the key and died before it wrote a delivery. */
  async function died(key: string, order: unknown): Promise<ObjectId> {
    await withKey(order, key);
    const { delivery_id, _id } = await rowOf(key);
    for (const collection of ['callattempts', 'trackingevents']) await world.db.collection(collection).deleteMany({ delivery_id });
    await world.db.collection('deliveries').deleteOne({ _id: delivery_id });
    await world.db.collection('idempotencykeys').updateOne({ _id }, { $set: { lease_until: new Date(world.clock.ms + 20_000) } });
    return delivery_id;
  }

  it('is taken while another request may still be at it: 409 until its lease is over', async () => {
    const order = world.order();
    await died('k-running', order);
    const before = await world.everything();
    const answer = await withKey(order, 'k-running');
    expect(answer.statusCode).toBe(409);
    expect(answer.headers['retry-after']).toBe('20');
    expect(answer.json()).toMatchObject({ type: '/problems/request-in-progress', errors: [{ in: 'header', field: 'idempotency-key' }] });
    expect(await world.everything()).toBe(before);
  });

  it('goes on with the id of a request that died, when its lease is over', async () => {
    const order = world.order();
    const id = await died('k-died', order);
    world.clock.ms += 21_000;
    const answers = await Promise.all(Array.from({ length: 5 }, () => withKey(order, 'k-died')));
    expect(answers.filter(({ statusCode }) => statusCode === 202).length).toBeGreaterThan(0);
    for (const answer of answers.filter(({ statusCode }) => statusCode === 202)) expect(answer.json().id).toBe(id.toHexString());
    expect(await world.rows('deliveries', { _id: id })).toHaveLength(1);
    expect(await world.rows('callattempts', { delivery_id: id })).toHaveLength(1);
  });

  it('is free again after a request that was refused', async () => {
    const order = world.order();
    const refused = await withKey({ ...order, agent_id: '0'.repeat(24) }, 'k-refused');
    const corrected = await withKey(order, 'k-refused');
    expect([refused.statusCode, corrected.statusCode]).toEqual([400, 202]);
  });

  it('is kept apart by API key', async () => {
    const authorization = `Bearer ${await world.addKey('third shop', ['deliveries:write'])}`;
    const first = await withKey(world.order(), 'k-apart');
    const second = await world.submit(world.order(), { authorization, 'idempotency-key': 'k-apart' });
    expect(statuses([first, second])).toEqual([202]);
  });

  it.each([
    ['empty', ''],
    ['too long', 'x'.repeat(256)],
  ])('is refused when it is %s', async (_how, key) => {
    const before = await world.everything();
    const answer = await withKey(world.order(), key);
    expect(answer.statusCode).toBe(400);
    expect(answer.json().errors).toMatchObject([{ in: 'header', field: 'idempotency-key' }]);
    expect(await world.everything()).toBe(before);
  });
});

describe('both together', () => {
  it('the same of both: the same answer', async () => {
    const order = world.order({ external_id: 'both' });
    const answers = [await world.submit(order, { 'idempotency-key': 'both' }), await world.submit(order, { 'idempotency-key': 'both' })];
    expect(statuses(answers)).toEqual([202]);
    expect(ids(answers)).toHaveLength(1);
  });

  it('a new key for a known order: 200, and ever again', async () => {
    const order = world.order({ external_id: 'known' });
    const first = await world.submit(order);
    world.clock.ms += 1;
    const again = [await world.submit(order, { 'idempotency-key': 'new' }), await world.submit(order, { 'idempotency-key': 'new' })];
    expect(statuses(again)).toEqual([200]);
    expect(ids([first, ...again])).toHaveLength(1);
  });

  it('a used key for another order: 422', async () => {
    await world.submit(world.order({ external_id: 'first' }), { 'idempotency-key': 'used' });
    const known = world.order({ external_id: 'second' });
    await world.submit(known);
    const before = await world.everything();
    expect(statuses([await world.submit(known, { 'idempotency-key': 'used' })])).toEqual([422]);
    expect(statuses([await world.submit(world.order({ external_id: 'third' }), { 'idempotency-key': 'used' })])).toEqual([422]);
    expect(await world.everything()).toBe(before);
  });

  it('a key without its order number, as many at once: one delivery', async () => {
    const order = world.order({ external_id: 'mixed' });
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, n) => world.submit(order, n % 2 === 0 ? { 'idempotency-key': 'mixed' } : {})),
    );
    expect(statuses(answers).filter((status) => ![200, 202, 409].includes(status))).toEqual([]);
    expect(await world.rows('deliveries', { external_id: 'mixed' })).toHaveLength(1);
    const repeat = await world.submit(order, { 'idempotency-key': 'mixed' });
    expect([200, 202]).toContain(repeat.statusCode);
  });
});
