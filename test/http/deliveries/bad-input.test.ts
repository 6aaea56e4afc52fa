import { beforeAll, describe, expect, it } from 'vitest';
import { webWorld, type WebWorld } from '#test/support/web-world.ts';
import { ID, PHONE, wrongFields } from './wrong-fields.ts';

let world: WebWorld;
let stranger: string;
let before: string;
beforeAll(async () => {
  world = await webWorld();
  stranger = await world.addDriver(false);
  await world.submit(world.order({ external_id: 'there' }));
  before = await world.everything();
});

async function refused(answer: { statusCode: number; headers: Record<string, unknown>; body: string; json(): unknown }) {
  expect(answer.statusCode).toBeGreaterThanOrEqual(400);
  expect(answer.statusCode).toBeLessThan(500);
  expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
  const problem = answer.json() as { errors?: { in: string; field: string; message: string }[] };
  expect(problem).toMatchObject({ type: expect.stringMatching(/^\/problems\//), title: expect.any(String), status: answer.statusCode });
  expect(await world.everything()).toBe(before);
  return problem;
}

describe('a field of POST /v1/deliveries that is wrong is named, and nothing happens', () => {
  it.each(wrongFields.map(([fields, field]) => [JSON.stringify(fields).slice(0, 80), field, fields] as const))(
    '%s: %s',
    async (_shown, field, fields) => {
      const answer = await world.submit(world.order(fields));
      const { errors } = await refused(answer);
      expect(answer.statusCode).toBe(400);
      expect(errors?.map((error) => error.field)).toContain(field);
      for (const error of errors ?? []) expect(error).toMatchObject({ in: 'body', message: expect.stringMatching(/\S/) });
      // Whose data these are is nobody's business that reads an error log.
      for (const personal of ['Ada', PHONE, 'call me']) expect(answer.body).not.toContain(personal);
    },
  );

  it('names all that is wrong at once', async () => {
    const { errors } = await refused(await world.submit(world.order({ address: '', priority: 'now', colour: 'red' })));
    expect(errors?.map(({ field }) => field).toSorted()).toEqual(['address', 'colour', 'priority']);
  });

  it('names together what only the database knows', async () => {
    const answer = await world.submit(world.order({ agent_id: stranger, scheduled_time: '2020-01-01T00:00:00Z' }));
    const { errors } = await refused(answer);
    expect(errors?.map(({ field }) => field).toSorted()).toEqual(['agent_id', 'scheduled_time']);
  });
});

describe('a body that is none', () => {
  const send = (payload: string, headers: Record<string, string> = {}) =>
    world.app.inject({
      method: 'POST',
      url: '/v1/deliveries',
      headers: { authorization: `Bearer ${world.key}`, 'content-type': 'application/json', ...headers },
      payload,
    });

  it.each(['', '{', 'null', '[]', '"text"', '5', '{"a":1}x', '{"__proto__":{"a":1}}', '{"constructor":{"prototype":{}}}', '\u0000'])(
    '%j: 400',
    async (payload) => {
      const answer = await send(payload);
      await refused(answer);
      expect(answer.statusCode).toBe(400);
    },
  );

  it('of 2 MB: 413', async () => {
    const answer = await send(JSON.stringify(world.order({ address: 'x'.repeat(2_000_000) })));
    await refused(answer);
    expect(answer.statusCode).toBe(413);
  });

  it.each(['text/plain', 'application/xml', 'application/x-www-form-urlencoded', 'nonsense', 'multipart/form-data; boundary=x'])(
    'of type %s: 415',
    async (type) => {
      const answer = await send(JSON.stringify(world.order()), { 'content-type': type });
      await refused(answer);
      expect(answer.statusCode).toBe(415);
    },
  );
});

describe('an address that is wrong', () => {
  it.each([
    ['limit=0', 'limit'],
    ['limit=101', 'limit'],
    ['limit=ten', 'limit'],
    ['limit=1.5', 'limit'],
    ['limit=', 'limit'],
    ['limit=NaN', 'limit'],
    ['limit=5&limit=6', 'limit'],
    ['status=lost', 'status'],
    ['status=', 'status'],
    ['status=scheduled&status=failed', 'status'],
    ['customer_id=5', 'customer_id'],
    ['customer_id[$ne]=5', 'customer_id[$ne]'],
    ['cursor=abc', 'cursor'],
    ['cursor=', 'cursor'],
    ['page=2', 'page'],
  ])('GET /v1/deliveries?%s: names %s', async (query, field) => {
    const answer = await world.get(`/v1/deliveries?${query}`);
    const { errors } = await refused(answer);
    expect(errors).toMatchObject([{ in: 'query', field }]);
  });

  it.each(['5', 'g'.repeat(24), 'a'.repeat(25), '%00', '..%2f..', 'a'.repeat(12)])('the id %s: 400, names id', async (id) => {
    for (const answer of [await world.get(`/v1/deliveries/${id}`), await world.cancel(id)]) {
      const { errors } = await refused(answer);
      expect(errors).toMatchObject([{ in: 'path', field: 'id' }]);
    }
  });

  it.each([`/v1/deliveries/${ID}`, '/v1/nothing', '/v1/deliveries/'])('%s: 404', async (url) => {
    const answer = await world.get(url);
    await refused(answer);
    expect(answer.statusCode).toBe(url.endsWith('/') ? 400 : 404);
  });

  it('an unknown delivery cannot be cancelled: 404', async () => {
    const answer = await world.cancel(ID);
    await refused(answer);
    expect(answer.statusCode).toBe(404);
  });
});

describe('a key that will not do', () => {
  const routes: ['GET' | 'POST', string][] = [
    ['POST', '/v1/deliveries'],
    ['GET', '/v1/deliveries'],
    ['GET', `/v1/deliveries/${ID}`],
    ['POST', `/v1/deliveries/${ID}/cancel`],
  ];
  const ask = ([method, url]: ['GET' | 'POST', string], headers: Record<string, string>) =>
    world.app.inject({ method, url, headers, ...(url === '/v1/deliveries' && method === 'POST' ? { payload: world.order() } : {}) });

  it.each(routes)('%s %s: 401 without one, with a wrong one, with a revoked one', async (...route) => {
    const revoked = await world.addKey(`revoked ${route.join()}`, ['deliveries:read', 'deliveries:write'], { active: false });
    const wrong = `dla_abcdefgh_${'A'.repeat(43)}`;
    for (const headers of [
      {},
      ...[wrong, revoked, 'x', ''].map((key) => ({ authorization: `Bearer ${key}` })),
      { authorization: 'Basic eDp5' },
    ]) {
      const answer = await ask(route, headers);
      await refused(answer);
      expect(answer.statusCode).toBe(401);
      expect(answer.headers['www-authenticate']).toContain('Bearer');
    }
  });

  it.each(routes)('%s %s: 403 without the permission', async (...route) => {
    const [method] = route;
    const other = method === 'GET' ? 'deliveries:write' : 'deliveries:read';
    const answer = await ask(route, { authorization: `Bearer ${await world.addKey(`other ${route.join()}`, [other])}` });
    await refused(answer);
    expect(answer.statusCode).toBe(403);
  });
});
