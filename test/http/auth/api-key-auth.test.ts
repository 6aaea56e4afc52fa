import { setImmediate as turn } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { afterEach, describe, expect, it } from 'vitest';
import type { ApiKeyRecord } from '#src/db/repositories/api-keys.ts';
import { createApp, type App } from '#src/http/app.ts';
import { createApiKeyAuth } from '#src/http/auth/api-key-auth.ts';
import { newApiKeySecret } from '#src/http/auth/key-format.ts';
import { jsonLog } from '#test/support/json-log.ts';

const opened: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).toReversed()) await close();
});

/** The database as these rules see it: keys by hash, a count of reads, and a switch. */
async function setup() {
  const rows = new Map<string, ApiKeyRecord>();
  const database = { reads: 0, touched: [] as [string, number, Date][], answer: (record: ApiKeyRecord | null) => Promise.resolve(record) };
  const clock = { ms: 1_000 };
  // Nothing listens there: what is counted is counted in memory.
  const redis = new Redis({ host: '127.0.0.1', port: 1, lazyConnect: true, enableOfflineQueue: false, retryStrategy: () => null });
  redis.on('error', () => undefined);
  opened.push(() => redis.disconnect());
  const { log, text } = jsonLog();
  const app: App = await createApp({ log });
  opened.push(() => app.close());
  const auth = createApiKeyAuth(app, {
    keys: {
      findByHash: (hash) => {
        database.reads += 1;
        return database.answer(rows.get(hash) ?? null);
      },
      touch: async (id, uses, at) => void database.touched.push([id, uses, at]),
    },
    environment: 'staging',
    redis,
    prefix: 'test',
    now: () => new Date(5_000),
    log,
    monotonic: () => clock.ms,
  });
  app.get('/read', { onRequest: auth.requireKey('deliveries:read') }, (request) => request.apiKey);
  app.post('/write', { onRequest: auth.requireKey('deliveries:write') }, () => ({}));

  const addKey = (given: Partial<ApiKeyRecord> = {}) => {
    const { key, hash } = newApiKeySecret();
    const record: ApiKeyRecord = {
      id: hash.slice(0, 24),
      environment: 'staging',
      permissions: ['deliveries:read'],
      active: true,
      rateLimit: { requests: 1000, periodMs: 60_000 },
      ...given,
    };
    rows.set(hash, record);
    return { key, hash, record };
  };
  const get = (key: string) => app.inject({ url: '/read', headers: { authorization: `Bearer ${key}` } });
  return { app, addKey, get, rows, database, clock, text };
}

describe('who may ask', () => {
  it('the holder of a key', async () => {
    const { addKey, get } = await setup();
    const { key, record } = addKey();
    const answer = await get(key);
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toEqual({ id: record.id });
  });

  it.each([
    ['no header', undefined],
    ['another scheme', 'Basic dXNlcjpwYXNz'],
    ['no key of ours', 'Bearer abc'],
    ['two keys', `Bearer ${newApiKeySecret().key} ${newApiKeySecret().key}`],
    ['an object’s own property', 'Bearer __proto__'],
  ])('not: %s; and the database is not asked', async (_name, authorization) => {
    const { app, database } = await setup();
    const answer = await app.inject({ url: '/read', headers: authorization === undefined ? {} : { authorization } });
    expect(answer.statusCode).toBe(401);
    expect(answer.headers['www-authenticate']).toBe('Bearer realm="delauto"');
    expect(answer.json()).toMatchObject({ type: '/problems/unauthorized' });
    expect(database.reads).toBe(0);
  });

  it.each([
    ['switched off', { active: false }],
    ['for another environment', { environment: 'production' as const }],
  ])('not the holder of a key that is %s', async (_name, given) => {
    const { addKey, get } = await setup();
    const answer = await get(addKey(given).key);
    expect(answer.statusCode).toBe(401);
    expect(answer.headers['www-authenticate']).toContain('invalid_token');
  });

  it('not without the permission', async () => {
    const { app, addKey } = await setup();
    const answer = await app.inject({ method: 'POST', url: '/write', headers: { authorization: `Bearer ${addKey().key}` } });
    expect(answer.statusCode).toBe(403);
    expect(answer.headers['www-authenticate']).toContain('scope="deliveries:write"');
  });

  it('is decided before a body is read', async () => {
    const { app } = await setup();
    const answer = await app.inject({
      method: 'POST',
      url: '/write',
      payload: 'x'.repeat(2e6),
      headers: { 'content-type': 'application/json' },
    });
    expect(answer.statusCode).toBe(401);
  });

  it('is written nowhere: no key in the log', async () => {
    const { addKey, get, text } = await setup();
    const { key } = addKey();
    await get(key);
    expect(text()).not.toContain(key.slice(13));
  });
});

describe('the memory of keys', () => {
  it('spares the database, for right keys and for wrong ones', async () => {
    const { addKey, get, database } = await setup();
    const [right, wrong] = [addKey().key, newApiKeySecret().key];
    for (let n = 0; n < 5; n += 1) {
      expect((await get(right)).statusCode).toBe(200);
      expect((await get(wrong)).statusCode).toBe(401);
    }
    expect(database.reads).toBe(2);
  });

  it('asks once for callers that come together', async () => {
    const { addKey, get, database } = await setup();
    const { key } = addKey();
    await Promise.all(Array.from({ length: 10 }, () => get(key)));
    expect(database.reads).toBe(1);
  });

  it('lets a revoked key live no longer than ten seconds, even one that is used all the time', async () => {
    const { addKey, get, rows, clock, database } = await setup();
    const { key, hash, record } = addKey();
    await get(key);
    rows.set(hash, { ...record, active: false });
    // The reads in the background fail: nothing but the age is left to go by.
    database.answer = () => Promise.reject(new Error('away'));
    clock.ms += 9_999;
    expect((await get(key)).statusCode).toBe(200);
    await turn();
    database.answer = (found) => Promise.resolve(found);
    clock.ms += 1;
    expect((await get(key)).statusCode).toBe(401);
  });

  it('is renewed in the background, so that a key in use never waits', async () => {
    const { addKey, get, clock, database } = await setup();
    const { key } = addKey();
    for (let n = 0; n < 10; n += 1) {
      await get(key);
      await turn();
      clock.ms += 6_000;
    }
    expect(database.reads).toBe(10);
    // Each was read again at the age of 6 s, by the request before; none reached 10 s.
    database.answer = () => new Promise(() => undefined);
    expect((await get(key)).statusCode).toBe(200);
  });

  it('is not flooded out by wrong keys', async () => {
    const { addKey, get, database } = await setup();
    const { key } = addKey();
    await get(key);
    for (let n = 0; n < 10_100; n += 1) await get(newApiKeySecret().key);
    const before = database.reads;
    await get(key);
    expect(database.reads).toBe(before);
  });
});

describe('with the database away', () => {
  it.each([
    ['refusing', () => Promise.reject(Object.assign(new Error('x'), { name: 'MongoNetworkError' }))],
    ['silent', () => new Promise<never>(() => undefined)],
  ])('a key that is not in memory gets 503 in time: %s', async (_name, answer) => {
    const { addKey, get, database } = await setup();
    const { key } = addKey();
    database.answer = answer;
    const started = performance.now();
    const answered = await get(key);
    expect(answered.statusCode).toBe(503);
    expect(answered.json()).toMatchObject({ type: '/problems/unavailable' });
    expect(performance.now() - started).toBeLessThan(250);
  });
});

describe('the rate', () => {
  it('is the key’s own', async () => {
    const { addKey, get, clock } = await setup();
    const slow = addKey({ rateLimit: { requests: 2, periodMs: 30_000 } });
    const other = addKey();
    await get(slow.key);
    clock.ms += 1_000;
    await get(slow.key);
    const refused = await get(slow.key);
    expect(refused.statusCode).toBe(429);
    expect(refused.headers['retry-after']).toBe('29');
    expect((await get(other.key)).statusCode).toBe(200);
    clock.ms += 29_000;
    expect((await get(slow.key)).statusCode).toBe(200);
  });

  it('is not used up by requests that were refused', async () => {
    const { app, addKey, get } = await setup();
    const { key } = addKey({ rateLimit: { requests: 1, periodMs: 30_000 } });
    await app.inject({ method: 'POST', url: '/write', headers: { authorization: `Bearer ${key}` } });
    expect((await get(key)).statusCode).toBe(200);
  });
});

describe('the use of keys', () => {
  it('is written once for many', async () => {
    const { app, addKey, get, database } = await setup();
    const { key, record } = addKey();
    for (let n = 0; n < 3; n += 1) await get(key);
    expect(database.touched).toEqual([]);
    await app.close();
    expect(database.touched).toEqual([[record.id, 3, new Date(5_000)]]);
  });
});
