import { beforeAll, describe, expect, it } from 'vitest';
import { webWorld, type WebWorld } from '#test/support/web-world.ts';

let world: WebWorld;
let stranger: string;
let before: string;
beforeAll(async () => {
  world = await webWorld();
  stranger = await world.addDriver(false);
  await world.submit(world.order({ external_id: 'there' }));
  before = await world.everything();
});

const PHONE = '+12025550000';
const customer = (fields: Record<string, unknown>) => ({ customer: { name: 'Ada Lovelace', phone: PHONE, ...fields } });
const preferences = (fields: Record<string, unknown>) => customer({ preferences: fields });
const at = (coordinates: unknown) => ({ coordinates: { type: 'Point', coordinates } });
const parcel = (fields: Record<string, unknown>) => ({ package_details: fields });
const ID = 'f'.repeat(24);

/** Each a body's fields and the field that the answer must name. */
const bodies: [Record<string, unknown>, string][] = [
  // missing: undefined is left out of JSON
  [{ customer: undefined }, 'customer'],
  [{ address: undefined }, 'address'],
  [{ coordinates: undefined }, 'coordinates'],
  [{ scheduled_time: undefined }, 'scheduled_time'],
  [customer({ name: undefined }), 'customer.name'],
  [customer({ phone: undefined }), 'customer.phone'],
  [{ coordinates: { type: 'Point' } }, 'coordinates.coordinates'],

  // wrong type, null, empty, too long, control characters
  [{ external_id: 5 }, 'external_id'],
  [{ external_id: null }, 'external_id'],
  [{ external_id: '' }, 'external_id'],
  [{ external_id: ' ' }, 'external_id'],
  [{ external_id: 'x'.repeat(129) }, 'external_id'],
  [{ external_id: 'a\u0000b' }, 'external_id'],
  [{ external_id: 'a\nb' }, 'external_id'],
  [{ customer: 'Ada' }, 'customer'],
  [{ customer: null }, 'customer'],
  [{ customer: [] }, 'customer'],
  [customer({ name: 5 }), 'customer.name'],
  [customer({ name: '' }), 'customer.name'],
  [customer({ name: 'x'.repeat(201) }), 'customer.name'],
  [customer({ name: 'Ada\u0007' }), 'customer.name'],
  [customer({ name: 'Ada\ud800' }), 'customer.name'],
  [customer({ phone: 12025550100 }), 'customer.phone'],
  [customer({ phone: '' }), 'customer.phone'],
  [customer({ phone: 'call me' }), 'customer.phone'],
  [customer({ phone: '2025550100' }), 'customer.phone'],
  [customer({ phone: '+1' }), 'customer.phone'],
  [customer({ phone: '+1202555010099' }), 'customer.phone'],
  [customer({ phone: `${PHONE} ext. 5` }), 'customer.phone'],
  [customer({ phone: '+'.padEnd(40, '1') }), 'customer.phone'],
  [customer({ email: 'ada' }), 'customer.email'],
  [customer({ email: `${'a'.repeat(250)}@example.com` }), 'customer.email'],
  [customer({ email: null }), 'customer.email'],
  [customer({ address: 'x'.repeat(501) }), 'customer.address'],
  [customer({ address: {} }), 'customer.address'],
  [customer({ preferences: [] }), 'customer.preferences'],
  [preferences({ preferred_times: '09:00-12:00' }), 'customer.preferences.preferred_times'],
  [preferences({ preferred_times: ['morning'] }), 'customer.preferences.preferred_times.0'],
  [preferences({ preferred_times: ['09:00-12:00', '25:00-26:00'] }), 'customer.preferences.preferred_times.1'],
  [preferences({ preferred_times: ['09:00-09:00'] }), 'customer.preferences.preferred_times.0'],
  [preferences({ preferred_times: Array(11).fill('09:00-12:00') }), 'customer.preferences.preferred_times'],
  [preferences({ preferred_days: ['someday'] }), 'customer.preferences.preferred_days.0'],
  [preferences({ preferred_days: 'monday' }), 'customer.preferences.preferred_days'],
  [preferences({ preferred_days: Array(8).fill('monday') }), 'customer.preferences.preferred_days'],
  [preferences({ delivery_instructions: 'x'.repeat(1001) }), 'customer.preferences.delivery_instructions'],
  [preferences({ contact_method: 'pigeon' }), 'customer.preferences.contact_method'],
  [preferences({ language: 'English, please' }), 'customer.preferences.language'],
  [preferences({ timezone: 'Mars/Olympus' }), 'customer.preferences.timezone'],
  [preferences({ timezone: '+05:00' }), 'customer.preferences.timezone'],
  [preferences({ timezone: '' }), 'customer.preferences.timezone'],
  [preferences({ timezone: 5 }), 'customer.preferences.timezone'],
  [{ address: 5 }, 'address'],
  [{ address: '' }, 'address'],
  [{ address: 'x'.repeat(501) }, 'address'],
  [{ address: '1 Main\u001b[2J Street' }, 'address'],
  [{ priority: 'now' }, 'priority'],
  [{ priority: 1 }, 'priority'],
  [{ estimated_duration: 0 }, 'estimated_duration'],
  [{ estimated_duration: 1.5 }, 'estimated_duration'],
  [{ estimated_duration: '30' }, 'estimated_duration'],
  [{ estimated_duration: 1441 }, 'estimated_duration'],
  [{ max_retries: -1 }, 'max_retries'],
  [{ max_retries: 11 }, 'max_retries'],
  [{ max_retries: 1e300 }, 'max_retries'],
  [{ package_details: 'small' }, 'package_details'],
  [parcel({ weight: -1 }), 'package_details.weight'],
  [parcel({ weight: 'NaN' }), 'package_details.weight'],
  [parcel({ weight: 1e12 }), 'package_details.weight'],
  [parcel({ dimensions: { length: '2 m' } }), 'package_details.dimensions.length'],
  [parcel({ dimensions: { depth: 2 } }), 'package_details.dimensions.depth'],
  [parcel({ value: 1e99 }), 'package_details.value'],
  [parcel({ fragile: 'yes' }), 'package_details.fragile'],
  [parcel({ signature_required: 1 }), 'package_details.signature_required'],
  [parcel({ special_instructions: 'x'.repeat(1001) }), 'package_details.special_instructions'],
  [parcel({ special_instructions: 'a\u0000b' }), 'package_details.special_instructions'],

  // places
  [at([38.9, -120.03]), 'coordinates.coordinates'], // swapped
  [at([-100.5, 91]), 'coordinates.coordinates.1'],
  [at([-181, 38.9]), 'coordinates.coordinates.0'],
  [at([-77.03]), 'coordinates.coordinates'],
  [at([-77.03, 38.9, 5]), 'coordinates.coordinates'],
  [at(['-77.03', '38.9']), 'coordinates.coordinates.0'],
  [at('NaN'), 'coordinates.coordinates'],
  [at([null, 38.9]), 'coordinates.coordinates.0'],
  [{ coordinates: { type: 'Polygon', coordinates: [-77.03, 38.9] } }, 'coordinates.type'],
  [{ coordinates: [-77.03, 38.9] }, 'coordinates'],

  // times
  [{ scheduled_time: '2020-01-01T00:00:00Z' }, 'scheduled_time'],
  [{ scheduled_time: '2099-01-01T00:00:00' }, 'scheduled_time'], // which zone?
  [{ scheduled_time: '2099-02-30T00:00:00Z' }, 'scheduled_time'],
  [{ scheduled_time: 'tomorrow' }, 'scheduled_time'],
  [{ scheduled_time: 4_102_444_800 }, 'scheduled_time'],

  // whom we do not know, what we do not know
  [{ agent_id: ID }, 'agent_id'],
  [{ agent_id: 'Dora' }, 'agent_id'],
  [{ customer: undefined, customer_id: ID }, 'customer_id'],
  [{ customer: undefined, customer_id: '507f1f77bcf86cd79943901g' }, 'customer_id'],
  [{ customer_id: ID }, 'customer_id'], // and customer
  [{ colour: 'red' }, 'colour'],
  [{ status: 'completed' }, 'status'],
  [{ _id: ID }, '_id'],
  [customer({ vip: true }), 'customer.vip'],
  [preferences({ $where: '1' }), 'customer.preferences.$where'],
];

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
  it.each(bodies.map(([fields, field]) => [JSON.stringify(fields).slice(0, 80), field, fields] as const))(
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
