import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { call } from '#queues/call.ts';
import { boardWorld } from '#test/support/board-world.ts';

const ORIGIN = 'https://delauto.example';
const PHONE = '+12025550123';

let world: Awaited<ReturnType<typeof boardWorld>>;
let requests: { method: 'GET' | 'PUT'; url: string }[];
const changing = () => requests.filter(({ method }) => method !== 'GET');
const looking = () => requests.filter(({ method }) => method === 'GET');

beforeAll(async () => {
  world = await boardWorld();
  await world.register();
  const job = await world.producer.queues.get(call.name)?.add(call.name, { attemptId: PHONE }, { delay: 3_600_000 });
  // Every route that the application has, with a real queue and a real job in it; login and logout are for those who have no access yet.
  requests = world.routes
    .filter(({ method, url }) => !/\/log(in|out)$/.test(url) && method !== 'HEAD')
    .map(({ method, url }) => ({
      method: method as 'GET' | 'PUT',
      url: url
        .replace(':queueName', call.name)
        .replace(':jobId', job?.id ?? '')
        .replace(':queueStatus', 'delayed')
        .replace(':schedulerId', 'none')
        .replace('*', 'favicon-32x32.png'),
    }));
});
afterAll(() => world.close());

const send = (method: 'GET' | 'PUT' | 'DELETE' | 'OPTIONS', url: string, headers: Record<string, string> = {}) =>
  world.app.inject({ method, url, headers });
/** All that is to be seen of the queue and its job. */
const state = async () => {
  const queue = world.producer.queues.get(call.name);
  const [paused, concurrency, limit, jobs] = await Promise.all([
    queue?.isPaused(),
    queue?.getGlobalConcurrency(),
    queue?.getRateLimitTtl(),
    queue?.getJobs(),
  ]);
  return JSON.stringify({ paused, concurrency, limit, jobs: jobs?.map((each) => each.asJSON()) });
};

describe('row 29: every route of Bull Board', () => {
  it('is known here by the application itself', () => {
    expect(changing().length).toBeGreaterThan(20);
    expect(looking().length).toBeGreaterThan(15);
    for (const { url } of requests) expect(url).not.toMatch(/[:*]/);
  });

  it('is closed to those without a session', async () => {
    for (const { method, url } of requests) expect([url, (await send(method, url, { origin: ORIGIN })).statusCode]).toEqual([url, 401]);
  });

  it('is closed to the session of one who has lost the access', async () => {
    const headers = { ...(await world.session('reader')), origin: ORIGIN };
    await world.changeAgent(world.ids.reader, { is_active: false });
    for (const { method, url } of requests) expect([url, (await send(method, url, headers)).statusCode]).toEqual([url, 403]);
    await world.changeAgent(world.ids.reader, { is_active: true });
    world.wait(11_000);
  });

  it.each([
    ['nowhere', {}],
    ['another site', { origin: 'https://evil.example' }],
    ['a page without an origin', { origin: 'null' }],
    ['our host without TLS', { origin: 'http://delauto.example' }],
  ])('that changes something refuses what comes from %s, whoever sends it', async (_name, origin) => {
    const before = await state();
    const headers = { ...(await world.session('admin')), ...origin };
    for (const { method, url } of changing()) expect([url, (await send(method, url, headers)).statusCode]).toEqual([url, 403]);
    expect(await state()).toBe(before);
  });

  it('that changes something refuses who may only look, says what to do, and writes it down', async () => {
    const before = await state();
    const headers = { ...(await world.session('reader')), origin: ORIGIN };
    for (const { method, url } of changing()) {
      const answer = await send(method, url, headers);
      expect([url, answer.statusCode]).toEqual([url, 405]);
      expect(answer.headers).toMatchObject({ allow: 'GET, HEAD', 'content-type': 'application/problem+json; charset=utf-8' });
      expect(answer.json()).toMatchObject({ type: '/problems/read-only', detail: expect.stringContaining('Ask an administrator') });
      const details = { method, path: url, status: 405 };
      expect(world.audits.at(-1)).toEqual({ actor: world.ids.reader, action: 'board.change', details });
    }
    expect(await state()).toBe(before);
  });

  it('that shows something shows it to who may only look', async () => {
    const headers = { ...(await world.session('reader')), origin: ORIGIN };
    for (const { method, url } of looking()) {
      const { statusCode } = await send(method, url, headers);
      // Redis' figures are hidden from everybody.
      expect([url, statusCode]).toEqual([url, url === '/board/api/redis/stats' ? 403 : 200]);
    }
  });

  it('refuses other methods, too', async () => {
    const headers = { ...(await world.session('reader')), origin: ORIGIN };
    for (const method of ['DELETE', 'OPTIONS'] as const) {
      expect((await send(method, '/board/api/queues/call/obliterate', headers)).statusCode).toBe(405);
    }
  });

  it('shows no phone number, wherever it came from', async () => {
    const headers = await world.session('admin');
    const { url } = looking().find((request) => /^\/board\/api\/queues\/call\/\d+$/.test(request.url)) ?? { url: '' };
    for (const shown of [url, `/board/api/queues?activeQueue=${call.name}&status=delayed`]) {
      const { statusCode, body } = await send('GET', shown, headers);
      expect(statusCode).toBe(200);
      expect(body).toContain('"attemptId":"[phone]"');
      expect(body).not.toContain(PHONE);
    }
  });

  // Last, since it does all of it.
  it('that changes something is open to an administrator', async () => {
    const before = await state();
    const headers = { ...(await world.session('admin')), origin: ORIGIN };
    for (const { method, url } of changing()) {
      expect([401, 403, 405], url).not.toContain((await send(method, url, headers)).statusCode);
    }
    expect(await state()).not.toBe(before);
  });
});
