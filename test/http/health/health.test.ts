import { Redis } from 'ioredis';
import { afterEach, describe, expect, it } from 'vitest';
import { createApp, type App } from '#src/http/app.ts';
import type { Check } from '#src/http/health/checks.ts';
import { readinessChecks } from '#src/http/health/readiness.ts';
import { registerHealth } from '#src/http/health/register-health.ts';
import { createMetrics } from '#src/platform/metrics.ts';
import type { RedisClient } from '#src/platform/redis.ts';
import { jsonLog } from '#test/support/json-log.ts';
import { freshRedis } from '#test/support/services.ts';

const opened: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).toReversed()) await close();
});

const fine: Check = () => Promise.resolve(null);

async function setup(checks: Record<string, Check>) {
  const { log, lines } = jsonLog();
  const app: App = await createApp({ log });
  opened.push(() => app.close());
  registerHealth(app, { checks, registry: createMetrics().registry });
  return { app, lines };
}

describe('/readyz', () => {
  it('is ready when every check is', async () => {
    const { app } = await setup({ mongodb: fine, redis: fine });
    const answer = await app.inject('/readyz');
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toEqual({ status: 'ok', checks: { mongodb: { status: 'ok' }, redis: { status: 'ok' } } });
  });

  it('says which check failed, and why', async () => {
    const { app } = await setup({ mongodb: fine, migrations: () => Promise.resolve('migrations are missing') });
    const answer = await app.inject('/readyz');
    expect(answer.statusCode).toBe(503);
    expect(answer.json()).toMatchObject({
      status: 'failed',
      checks: { migrations: { status: 'failed', reason: 'migrations are missing' } },
    });
  });

  it('tells the world nothing of an error, and the log once', async () => {
    let broken = true;
    const { app, lines } = await setup({
      redis: () => (broken ? Promise.reject(new Error('ECONNREFUSED 10.1.2.3')) : Promise.resolve(null)),
    });
    for (let n = 0; n < 3; n += 1) expect((await app.inject('/readyz')).body).not.toContain('10.1.2.3');
    const told = () => lines.filter(({ msg }) => msg === 'readiness check failed').length;
    expect(told()).toBe(1);
    broken = false;
    await app.inject('/readyz');
    broken = true;
    await app.inject('/readyz');
    expect(told()).toBe(2);
  });

  it('waits a second for a check that does not answer', async () => {
    const { app } = await setup({ mongodb: () => new Promise(() => undefined) });
    const started = performance.now();
    const answer = await app.inject('/readyz');
    expect(answer.json().checks).toEqual({ mongodb: { status: 'failed', reason: 'does not answer' } });
    expect(performance.now() - started).toBeLessThan(2_500);
  });

  it('can leave out what its asker can do without', async () => {
    const { app } = await setup({ mongodb: fine, redis: () => Promise.resolve('is away') });
    const answer = await app.inject('/readyz?exclude=redis,redis_policy');
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toMatchObject({ status: 'degraded', checks: { redis: { status: 'failed' } } });
    expect((await app.inject('/readyz?exclude=mongodb')).statusCode).toBe(503);
  });

  it('shares one run between probes that meet', async () => {
    let runs = 0;
    const { app } = await setup({
      mongodb: () => {
        runs += 1;
        return new Promise((resolve) => setImmediate(() => resolve(null)));
      },
    });
    await Promise.all([app.inject('/readyz'), app.inject('/readyz'), app.inject('/readyz')]);
    expect(runs).toBe(1);
  });
});

describe('what must hold', () => {
  const checksOn = (redis: RedisClient, info?: string) =>
    readinessChecks({
      // The reply of a server that we do not have; the rest is the real one's.
      redis: info === undefined ? redis : Object.assign(Object.create(redis) as RedisClient, { info: () => Promise.resolve(info) }),
      pingMongo: () => Promise.resolve(),
      migrationsApplied: () => Promise.resolve(true),
    });
  const connect = async () => {
    const redis = new Redis((await freshRedis()).url, { enableOfflineQueue: false, maxRetriesPerRequest: 1, retryStrategy: () => null });
    redis.on('error', () => undefined);
    opened.push(() => redis.disconnect());
    await new Promise((ready) => redis.once('ready', ready));
    return redis;
  };

  it('holds of a real Redis that is set up for it', async () => {
    const checks = checksOn(await connect());
    for (const check of Object.values(checks)) expect(await check()).toBeNull();
  });

  it.each([
    ['redis_policy', 'redis_version:7.0.0\r\nmaxmemory_policy:allkeys-lru\r\n', 'maxmemory-policy is allkeys-lru, must be noeviction'],
    ['redis_version', 'redis_version:6.0.16\r\nmaxmemory_policy:noeviction\r\n', 'Redis 6.0.16 is older than 6.2'],
    ['redis_version', 'redis_version:5.9.9\r\n', 'Redis 5.9.9 is older than 6.2'],
    ['redis', 'used_memory:2000\r\nmaxmemory:1999\r\n', 'takes no writes: its memory is full'],
    ['redis_version', '', 'Redis of unknown version is older than 6.2'],
  ])('does not hold: %s of %j', async (name, info, reason) => {
    expect(await checksOn(await connect(), info)[name]?.()).toBe(reason);
  });

  it.each(['6.2.0', '6.10.0', '7.0.15', '10.0.1'])('holds of Redis %s', async (version) => {
    expect(await checksOn(await connect(), `redis_version:${version}\r\n`)['redis_version']?.()).toBeNull();
  });

  it('does not hold while Redis is away', async () => {
    const redis = await connect();
    redis.disconnect();
    const checks = checksOn(redis);
    await expect(checks['redis']?.()).rejects.toThrow();
    await expect(checks['redis_policy']?.()).rejects.toThrow();
  });

  it('does not hold before the migrations are applied', async () => {
    const checks = readinessChecks({
      redis: await connect(),
      pingMongo: () => Promise.resolve(),
      migrationsApplied: () => Promise.resolve(false),
    });
    expect(await checks['migrations']?.()).toContain('migrations are missing');
  });
});

describe('/livez and /metrics', () => {
  it('are open', async () => {
    const { app } = await setup({});
    expect((await app.inject('/livez')).json()).toEqual({ status: 'ok' });
    const metrics = await app.inject('/metrics');
    expect(metrics.headers['content-type']).toContain('text/plain');
    expect(metrics.body).toContain('process_cpu_user_seconds_total');
  });

  it('make no noise in the log', async () => {
    const { app, lines } = await setup({});
    await app.inject('/livez');
    expect(lines).toMatchObject([{ level: 20, msg: 'request' }]);
  });
});
