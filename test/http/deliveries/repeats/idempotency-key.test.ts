import { createHash } from 'node:crypto';
import type { ObjectId } from 'mongodb';
import { beforeAll, describe, expect, it } from 'vitest';
import { webWorld, type WebWorld } from '#test/support/web-world.ts';
import { ids, statuses } from './answers.ts';

let world: WebWorld;
beforeAll(async () => {
  world = await webWorld();
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
