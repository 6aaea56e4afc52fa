import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createApp, type App } from '#src/http/app.ts';
import { invalidRequest, problem, unavailable } from '#src/http/problems/http-problem.ts';
import { jsonLog } from '#test/support/json-log.ts';

const Body = z.strictObject({
  customer: z.strictObject({ phone: z.string().regex(/^\+\d+$/, 'must be a phone number'), name: z.string().max(5) }),
  when: z.union([z.strictObject({ day: z.string() }), z.strictObject({ from: z.string(), to: z.string() })]).optional(),
  stops: z.array(z.object({ lat: z.number().max(90) })).optional(),
});

let app: App;
afterEach(async () => {
  await app.close();
});

async function setup() {
  const { log, lines, text } = jsonLog();
  app = await createApp({ log });
  app.post('/things/:id', { schema: { body: Body, params: z.object({ id: z.string().max(3) }) } }, () => ({ ok: true }));
  app.get('/things', { schema: { querystring: z.object({ limit: z.coerce.number().max(10).optional() }) } }, () => ({ ok: true }));
  app.get('/mails/:mail', { schema: { headers: z.object({ 'x-need': z.string() }) } }, () => ({ ok: true }));
  app.get('/throws/:what', (request) => {
    const { what } = request.params as { what: string };
    if (what === 'problem') throw problem({ status: 409, type: 'lease-running', detail: 'Wait.', headers: { 'retry-after': '3' } });
    if (what === 'invalid') throw invalidRequest([{ in: 'body', field: 'scheduled_time', message: 'is in the past' }]);
    if (what === 'unavailable') throw unavailable('nothing-done', new Error('pool is gone'));
    if (what === 'mongo') throw Object.assign(new Error('connect ECONNREFUSED 10.0.0.7:27017'), { name: 'MongoServerSelectionError' });
    if (what === 'non-error') throw 'a string with a secret' as unknown as Error;
    throw new Error('password is hunter2');
  });
  app.get('/answers-wrongly', { schema: { response: { 200: z.object({ id: z.number() }) } } }, () => ({ id: 'no' }) as never);
  const post = (payload: unknown, url = '/things/1') => app.inject({ method: 'POST', url, payload: payload as object });
  return { lines, text, post };
}

const valid = { customer: { phone: '+1202', name: 'Ann' } };

describe('what the caller got wrong', () => {
  it.each([
    ['missing', {}, [{ in: 'body', field: 'customer', message: expect.any(String) }]],
    ['wrong type', { customer: { ...valid.customer, name: 7 } }, [{ in: 'body', field: 'customer.name', message: expect.any(String) }]],
    [
      'own message',
      { customer: { ...valid.customer, phone: 'x' } },
      [{ in: 'body', field: 'customer.phone', message: 'must be a phone number' }],
    ],
    ['unknown field', { ...valid, colour: 1 }, [{ in: 'body', field: 'colour', message: 'is not a known field' }]],
    ['in a list', { ...valid, stops: [{ lat: 1 }, { lat: 91 }] }, [{ in: 'body', field: 'stops.1.lat', message: expect.any(String) }]],
    ['member of a union', { ...valid, when: { day: 5 } }, [{ in: 'body', field: 'when.day', message: expect.any(String) }]],
    ['not an object', [1], [{ in: 'body', field: '', message: expect.any(String) }]],
  ])('names the field: %s', async (_name, payload, errors) => {
    const { post } = await setup();
    const answer = await post(payload);
    expect(answer.statusCode).toBe(400);
    expect(answer.headers['content-type']).toBe('application/problem+json; charset=utf-8');
    expect(answer.json()).toMatchObject({ type: '/problems/invalid-request', status: 400, instance: '/things/1', errors });
  });

  it('names every field that is wrong', async () => {
    const { post } = await setup();
    const { errors } = (await post({ customer: { phone: 'x', name: 'too long' } })).json();
    expect(errors.map(({ field }: { field: string }) => field)).toEqual(['customer.phone', 'customer.name']);
  });

  it.each([
    ['query', '/things?limit=100', { in: 'query', field: 'limit' }],
    ['header', '/mails/x', { in: 'header', field: 'x-need' }],
  ])('names where the field was: %s', async (_name, url, error) => {
    await setup();
    const answer = await app.inject(url);
    expect(answer.statusCode).toBe(400);
    expect(answer.json().errors).toMatchObject([error]);
  });

  it('names a part of the path', async () => {
    const { post } = await setup();
    expect((await post(valid, '/things/1234')).json().errors).toMatchObject([{ in: 'path', field: 'id' }]);
  });

  it('never repeats a value, in the answer or in the log', async () => {
    const { post, text: logged } = await setup();
    const answer = await post(
      { customer: { phone: '2025550100', name: 'Wilhelmina' }, when: { day: 4711 } },
      '/things/1?mail=ann@example.com',
    );
    expect(answer.statusCode).toBe(400);
    for (const value of ['2025550100', 'Wilhelmina', '4711', 'ann@example.com']) expect(answer.body + logged()).not.toContain(value);
  });

  it.each([
    ['broken JSON', '{"customer": ', 'application/json', 400, 'not valid JSON'],
    ['no body', '', 'application/json', 400, 'empty'],
    ['prototype pollution', '{"__proto__": {"admin": true}}', 'application/json', 400, undefined],
    ['another media type', '<a/>', 'application/xml', 415, 'Content-Type'],
    ['two megabytes', `{"a":"${'x'.repeat(2 * 1024 * 1024)}"}`, 'application/json', 413, 'too large'],
  ])('%s', async (_name, payload, contentType, status, detail) => {
    await setup();
    const answer = await app.inject({ method: 'POST', url: '/things/1', payload, headers: { 'content-type': contentType } });
    expect(answer.statusCode).toBe(status);
    expect(answer.headers['content-type']).toContain('application/problem+json');
    expect(answer.json()).toMatchObject({ status, title: expect.any(String), instance: '/things/1' });
    if (detail !== undefined) expect(answer.json().detail).toContain(detail);
  });

  it('knows no such address', async () => {
    await setup();
    const answer = await app.inject('/nowhere?token=1');
    expect(answer.statusCode).toBe(404);
    expect(answer.json()).toMatchObject({ type: '/problems/not-found', instance: '/nowhere' });
  });

  it('knows the address, but not with this method', async () => {
    await setup();
    const answer = await app.inject({ method: 'DELETE', url: '/things/77' });
    expect(answer.statusCode).toBe(405);
    expect(answer.headers['allow']).toBe('POST');
    expect((await app.inject({ method: 'PUT', url: '/things' })).headers['allow']).toBe('GET, HEAD');
  });

  it.each([
    ['/things/%E0%A4%A', 400],
    [`/mails/${'m'.repeat(200)}`, 414],
  ])('an address that cannot be read: %s', async (url, status) => {
    await setup();
    const answer = await app.inject({ method: 'GET', url });
    expect(answer.statusCode).toBe(status);
    expect(answer.json()).toMatchObject({ status });
    expect(answer.headers['content-type']).toContain('application/problem+json');
  });

  it('answers what is not HTTP', async () => {
    await setup();
    await app.listen({ host: '127.0.0.1', port: 0 });
    const socket = connect((app.server.address() as AddressInfo).port, '127.0.0.1');
    socket.write('hello?\r\n\r\n');
    const answer = await text(socket);
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(JSON.parse(answer.split('\r\n\r\n')[1] ?? '')).toMatchObject({ status: 400 });
  });
});

describe('what the application says', () => {
  it('is answered as it was thrown', async () => {
    await setup();
    const answer = await app.inject('/throws/problem');
    expect(answer.statusCode).toBe(409);
    expect(answer.headers['retry-after']).toBe('3');
    expect(answer.json()).toMatchObject({ type: '/problems/lease-running', title: 'Conflict', detail: 'Wait.' });
  });

  it('can name fields that no schema sees', async () => {
    await setup();
    expect((await app.inject('/throws/invalid')).json()).toMatchObject({
      status: 400,
      detail: 'scheduled_time: is in the past',
      errors: [{ in: 'body', field: 'scheduled_time', message: 'is in the past' }],
    });
  });

  it.each([
    ['/throws/unavailable', '/problems/unavailable', 'pool is gone'],
    ['/throws/mongo', '/problems/outcome-unknown', '10.0.0.7'],
  ])('says whether a repeat may find the work done: %s', async (url, type, secret) => {
    const { text: logged } = await setup();
    const answer = await app.inject(url);
    expect(answer.statusCode).toBe(503);
    expect(answer.headers['retry-after']).toBe('1');
    expect(answer.json()).toMatchObject({ type });
    expect(answer.body).not.toContain(secret);
    expect(logged()).toContain(secret);
  });
});

describe('what nobody foresaw', () => {
  it.each(['/throws/anything', '/throws/non-error', '/answers-wrongly'])('is a 500 without details: %s', async (url) => {
    const { lines } = await setup();
    const answer = await app.inject(url);
    expect(answer.statusCode).toBe(500);
    expect(answer.json()).toMatchObject({ type: '/problems/internal-server-error', status: 500 });
    expect(answer.body).not.toMatch(/hunter2|secret|expected/);
    expect(lines.filter(({ msg }) => msg === 'request failed')).toHaveLength(1);
  });
});
