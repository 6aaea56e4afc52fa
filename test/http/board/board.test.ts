import { afterEach, describe, expect, it } from 'vitest';
import { boardWorld, PASSWORD } from '#test/support/board-world.ts';

const opened: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0)) await close();
});

const ORIGIN = 'https://delauto.example';
const MINUTE = 60_000;

async function setup(publicUrl = ORIGIN) {
  const world = await boardWorld({ publicUrl });
  opened.push(world.close);
  await world.register();
  return world;
}

describe('without a session', () => {
  it('not even what does not exist is told apart, and the answer says what to do', async () => {
    const { app } = await setup();
    const url = '/board/nothing/here';
    const answer = await app.inject({ url, headers: { origin: ORIGIN } });
    expect(answer.statusCode).toBe(401);
    expect(answer.headers['www-authenticate']).toBeDefined();
    expect(answer.headers['content-type']).toContain('application/problem+json');
    const said = { type: '/problems/unauthorized', title: 'Unauthorized', status: 401, detail: 'Log in first.' };
    expect(answer.json()).toEqual({ ...said, instance: url, trace_id: expect.any(String) });
  });

  it('a browser is shown the way to the login', async () => {
    const { app } = await setup();
    const answer = await app.inject({ url: '/board/', headers: { accept: 'text/html,application/xhtml+xml' } });
    expect(answer.statusCode).toBe(401);
    expect(answer.body).toContain('href="/board/login"');
  });

  it.each([
    ['made up', (admin: string) => `board.${admin}.1999999999999`],
    ['signed with another secret', (admin: string) => `board.${admin}.1999999999999.q83vEjRWeJCrze8SNFZ4kA`],
  ])('a cookie that is %s opens nothing', async (_name, forge) => {
    const { app, ids } = await setup();
    const headers = { cookie: `delauto_board=${forge(ids.admin)}` };
    expect((await app.inject({ url: '/board/api/queues', headers })).statusCode).toBe(401);
  });
});

describe('the login', () => {
  it('lets an active admin in', async () => {
    const { app, login, session, ids, audits, client } = await setup();
    const answer = await login('  Admin@Example.com ');
    expect(answer.statusCode).toBe(303);
    expect(answer.headers.location).toBe('/board/');
    expect(answer.cookies).toMatchObject([
      { name: 'delauto_board', path: '/board', httpOnly: true, secure: true, sameSite: 'Strict', maxAge: 28_800 },
    ]);
    expect(audits).toEqual([{ actor: ids.admin, action: 'board.login' }]);
    expect(await client.db().collection('agents').findOne({ email: 'admin@example.com' })).toMatchObject({ login_count: 1 });

    const queues = await app.inject({ url: '/board/api/queues', headers: await session() });
    expect(queues.statusCode).toBe(200);
    expect(queues.json().queues.map(({ name }: { name: string }) => name)).toContain('call-event');
  });

  it('sends the cookie without TLS only where PUBLIC_URL has none', async () => {
    const { login } = await setup('http://127.0.0.1:3000');
    const answer = await login('admin@example.com', PASSWORD, { origin: 'http://127.0.0.1:3000' });
    expect(answer.cookies[0]).not.toHaveProperty('secure');
  });

  it.each([
    ['a wrong password', 'admin@example.com', 'wrong', 401, 'wrong'],
    ['nobody', 'nobody@example.com', PASSWORD, 401, 'wrong'],
    ['a driver', 'driver@example.com', PASSWORD, 403, 'no access'],
    ['a dismissed admin', 'former@example.com', PASSWORD, 403, 'switched off'],
    ['an operator of the query language', 'admin@example.com', '', 400, 'Enter'],
    ['a book', 'admin@example.com', 'x'.repeat(2_000), 400, 'Enter'],
  ])('lets in no %s', async (_name, email, password, status, words) => {
    const { login } = await setup();
    const answer = await login(email, password);
    expect(answer.statusCode).toBe(status);
    expect(answer.cookies).toEqual([]);
    expect(answer.body).toContain(words);
  });

  it('never takes an object for an e-mail', async () => {
    const { app } = await setup();
    const answer = await app.inject({
      method: 'POST',
      url: '/board/login',
      headers: { origin: ORIGIN },
      payload: { email: { $ne: null }, password: PASSWORD },
    });
    expect(answer.statusCode).toBe(400);
  });

  it('is tried five times at the most, then not even the right password helps', async () => {
    const { login, audits, app } = await setup();
    for (let n = 0; n < 5; n += 1) expect((await login('admin@example.com', 'wrong')).statusCode).toBe(401);
    const answer = await login('admin@example.com');
    expect(answer.statusCode).toBe(429);
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(800);
    expect(audits.at(-1)).toEqual({ actor: 'unknown', action: 'board.login_throttled' });
    expect((await login('driver@example.com')).statusCode).toBe(403);
    expect((await app.inject('/board/login')).statusCode).toBe(200);
  });

  it('is throttled, and works, while Redis is away', async () => {
    const { login, redis } = await setup();
    redis.disconnect();
    expect((await login('admin@example.com')).statusCode).toBe(303);
    for (let n = 0; n < 5; n += 1) await login('driver@example.com', 'wrong');
    expect((await login('driver@example.com', 'wrong')).statusCode).toBe(429);
  });

  it('leaves no e-mail and no password in the log, in Redis or in the audit', async () => {
    const { login, redis, prefix, text, audits } = await setup();
    await login('nobody@example.com', 'a wrong password');
    await login('admin@example.com');
    const keys = await redis.keys(`${prefix}*`);
    expect(keys).not.toEqual([]);
    for (const where of [text(), JSON.stringify(audits), keys.join()]) expect(where).not.toMatch(/@example|a wrong password|horse/);
  });
});

describe('a session', () => {
  it('ends after eight hours', async () => {
    const { app, session, clock } = await setup();
    const headers = await session();
    clock.ms += 8 * 60 * MINUTE - 1;
    expect((await app.inject({ url: '/board/api/queues', headers })).statusCode).toBe(200);
    clock.ms += 1;
    expect((await app.inject({ url: '/board/api/queues', headers })).statusCode).toBe(401);
  });

  it('lasts eight hours of real time, too, where the clock goes faster', async () => {
    const { app, session, clock } = await setup();
    clock.scale = 300;
    const headers = await session();
    clock.ms += 300 * 8 * 60 * MINUTE - 1;
    expect((await app.inject({ url: '/board/api/queues', headers })).statusCode).toBe(200);
    clock.ms += 1;
    expect((await app.inject({ url: '/board/api/queues', headers })).statusCode).toBe(401);
  });

  it('cannot be stretched by its owner', async () => {
    const { app, session } = await setup();
    const { cookie } = await session();
    const stretched = cookie.replace(/\.(\d{13})\./, (_whole, until: string) => `.${Number(until) + 1}.`);
    expect(stretched).not.toBe(cookie);
    expect((await app.inject({ url: '/board/api/queues', headers: { cookie: stretched } })).statusCode).toBe(401);
  });

  it('is worth nothing once its owner is dismissed', async () => {
    const { app, session, dismiss, ids } = await setup();
    const headers = await session();
    await dismiss(ids.admin);
    expect((await app.inject({ url: '/board/api/queues', headers })).statusCode).toBe(403);
  });

  it('of a moment ago changes nothing once its owner is dismissed', async () => {
    const { app, session, dismiss, ids, producer } = await setup();
    const headers = { ...(await session()), origin: ORIGIN };
    expect((await app.inject({ url: '/board/api/queues', headers })).statusCode).toBe(200);
    await dismiss(ids.admin);
    expect((await app.inject({ method: 'PUT', url: '/board/api/queues/call/pause', headers })).statusCode).toBe(403);
    expect(await producer.queues.get('call')?.isPaused()).toBe(false);
  });

  it('is still good for looking while MongoDB is away, and changes nothing', async () => {
    const { app, session, producer, isAway } = await setup();
    const headers = { ...(await session()), origin: ORIGIN };
    const pause = () => app.inject({ method: 'PUT', url: '/board/api/queues/call/pause', headers });
    isAway(true);
    expect((await app.inject({ url: '/board/api/queues', headers })).statusCode).toBe(200);
    const answer = await pause();
    expect(answer.statusCode).toBe(503);
    expect(answer.headers['retry-after']).toBeDefined();
    expect(await producer.queues.get('call')?.isPaused()).toBe(false);
    isAway(false);
    expect((await pause()).statusCode).toBe(200);
  });

  it('that was good a moment ago does not let its owner change things once MongoDB is away', async () => {
    const { app, session, isAway } = await setup();
    const headers = { ...(await session()), origin: ORIGIN };
    const pause = () => app.inject({ method: 'PUT', url: '/board/api/queues/call/pause', headers });
    expect((await pause()).statusCode).toBe(200);
    isAway(true);
    expect((await pause()).statusCode).toBe(503);
  });

  it('of a dismissed admin stays worth nothing while MongoDB is away', async () => {
    const { app, session, dismiss, ids, wait, isAway } = await setup();
    const headers = await session();
    await dismiss(ids.admin);
    expect((await app.inject({ url: '/board/api/queues', headers })).statusCode).toBe(403);
    isAway(true);
    wait(11_000);
    expect((await app.inject({ url: '/board/api/queues', headers })).statusCode).toBe(403);
  });

  it('ends with the logout', async () => {
    const { app, session, audits, ids } = await setup();
    const answer = await app.inject({ method: 'POST', url: '/board/logout', headers: { ...(await session()), origin: ORIGIN } });
    expect(answer.statusCode).toBe(303);
    expect(answer.cookies).toMatchObject([{ name: 'delauto_board', value: '', path: '/board' }]);
    expect(audits.at(-1)).toEqual({ actor: ids.admin, action: 'board.logout' });
  });
});

describe('what changes something', () => {
  it.each([
    ['nowhere', {}],
    ['another site', { origin: 'https://evil.example' }],
  ])('is refused when it comes from %s: a login, too', async (_name, origin) => {
    const { login } = await setup();
    expect((await login('admin@example.com', PASSWORD, origin as Record<string, string>)).statusCode).toBe(403);
  });

  it('is done when it comes from our page, and written down', async () => {
    const { app, session, audits, ids, producer } = await setup();
    const headers = { ...(await session()), origin: ORIGIN };
    const answer = await app.inject({ method: 'PUT', url: '/board/api/queues/call/pause', headers });
    expect(answer.statusCode).toBe(200);
    expect(await producer.queues.get('call')?.isPaused()).toBe(true);
    const details = { method: 'PUT', path: '/board/api/queues/call/pause', status: 200 };
    expect(audits.at(-1)).toEqual({ actor: ids.admin, action: 'board.change', details });
  });
});

describe('the page', () => {
  it('may run scripts from here only, and be framed by nobody', async () => {
    const { app, session } = await setup();
    const { headers } = await app.inject({ url: '/board/', headers: await session() });
    const csp = String(headers['content-security-policy']);
    expect(csp).toContain("script-src 'self';");
    expect(csp).toContain("frame-ancestors 'none'");
    expect(csp).not.toContain('unsafe-eval');
    expect(headers['cache-control']).toBe('no-store');
  });

  it('tells nothing about Redis', async () => {
    const { app, session } = await setup();
    expect((await app.inject({ url: '/board/api/redis/stats', headers: await session() })).statusCode).toBe(403);
  });

  it('leaves the rest of the application as strict as it was', async () => {
    const { app } = await setup();
    const { headers, statusCode } = await app.inject('/nowhere');
    expect(statusCode).toBe(404);
    expect(headers['content-security-policy']).toContain("default-src 'none';base-uri 'none'");
  });
});
