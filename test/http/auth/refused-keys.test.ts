import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { createApiKeys } from '#src/db/repositories/api-keys.ts';
import { hashOfKey, newApiKeySecret } from '#src/http/auth/key-format.ts';
import { webWorld, type WebWorld } from '#test/support/web-world.ts';

// The whole server on a real MongoDB and Redis: what a caller without the right key, or with a used idempotency key, is told and leaves behind.

let world: WebWorld;
beforeAll(async () => {
  world = await webWorld();
});

const submitAs = (authorization: string | undefined, body: unknown = world.order()) =>
  world.app.inject({
    method: 'POST',
    url: '/v1/deliveries',
    headers: authorization === undefined ? {} : { authorization },
    payload: body as object,
  });

/** Refused with this status, before anything was written. */
async function refused(authorization: string | undefined, status: number) {
  const before = await world.everything();
  const answer = await submitAs(authorization);
  expect(answer.statusCode, answer.body).toBe(status);
  expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
  expect(await world.everything()).toBe(before);
  return answer;
}

describe('row 32: an API key', () => {
  it.each([undefined, '', 'Bearer', 'Basic ZGxhOnNlY3JldA==', 'Bearer dla_short', `Bearer ${newApiKeySecret().key}`])(
    'that is missing or none: 401 (%s)',
    async (authorization) => {
      await refused(authorization, 401);
    },
  );

  it('that was revoked: 401', async () => {
    await refused(`Bearer ${await world.addKey('former', ['deliveries:read', 'deliveries:write'], { active: false })}`, 401);
  });

  it('that may only read: 403', async () => {
    const key = await world.addKey('reader', ['deliveries:read']);
    await refused(`Bearer ${key}`, 403);
    expect((await world.app.inject({ url: '/v1/deliveries', headers: { authorization: `Bearer ${key}` } })).statusCode).toBe(200);
  });

  it('over its rate: 429, and when to come again', async () => {
    const { key, prefix, hash } = newApiKeySecret();
    const row = {
      name: 'hasty',
      permissions: ['deliveries:write'],
      environment: 'development' as const,
      prefix,
      key: hash,
      is_active: true,
    };
    await createApiKeys(world.db).create({ ...row, rate_limit: { requests: 3, period: 60_000 } }, new Date(world.clock.ms));
    for (let count = 0; count < 3; count += 1) expect((await submitAs(`Bearer ${key}`)).statusCode).toBe(202);
    await world.background.idle();
    const answer = await refused(`Bearer ${key}`, 429);
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
  });

  it('is stored as a hash, and nowhere as it is', async () => {
    const [row] = await world.rows('apikeys', { name: 'shop' });
    expect(row?.['key']).toBe(hashOfKey(world.key));
    const names = (await world.db.listCollections({}, { nameOnly: true }).toArray()).map(({ name }) => name);
    const everything = JSON.stringify(await Promise.all(names.map((name) => world.rows(name))));
    const secret = world.key.split('_').slice(2).join('_');
    expect(everything).toContain(hashOfKey(world.key));
    expect(everything).not.toContain(secret);
    expect(world.text()).not.toContain(secret);
  });
});

describe('row 32: an idempotency key', () => {
  it('used again with another body: 422, nothing written', async () => {
    const headers = { 'idempotency-key': randomUUID() };
    expect((await world.submit(world.order(), headers)).statusCode).toBe(202);
    const before = await world.everything();
    expect((await world.submit(world.order(), headers)).statusCode).toBe(422);
    expect(await world.everything()).toBe(before);
  });

  it('used by twenty at once: one delivery, the others the same or 409', async () => {
    const headers = { 'idempotency-key': randomUUID() };
    const body = world.order();
    const answers = await Promise.all(Array.from({ length: 20 }, () => world.submit(body, headers)));
    const accepted = answers.filter(({ statusCode }) => statusCode === 202);
    expect(accepted.length).toBeGreaterThan(0);
    expect(new Set(accepted.map((answer) => String(answer.json().id))).size).toBe(1);
    for (const { statusCode, headers: told } of answers.filter((answer) => !accepted.includes(answer)))
      expect([statusCode, Number(told['retry-after']) > 0]).toEqual([409, true]);
    const { phone } = body['customer'] as { phone: string };
    const [customer] = await world.rows('customers', { phone });
    expect(await world.rows('deliveries', { customer_id: customer?.['_id'] })).toHaveLength(1);
  });
});
