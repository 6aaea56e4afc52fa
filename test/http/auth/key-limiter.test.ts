import { Redis } from 'ioredis';
import { afterEach, expect, it, vi } from 'vitest';
import { createKeyLimiter } from '#src/http/auth/key-limiter.ts';
import { freshRedis } from '#test/support/services.ts';

const opened: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).toReversed()) await close();
});

/** Limiters as several processes have them, on one real Redis. */
async function setup(processes: number) {
  const { url, prefix } = await freshRedis();
  const clock = { ms: 0 };
  const limiters = Array.from({ length: processes }, () => {
    const redis = new Redis(url, { enableOfflineQueue: false, maxRetriesPerRequest: 1 });
    redis.on('error', () => undefined);
    const limiter = createKeyLimiter(redis, prefix, () => clock.ms);
    opened.push(() => redis.disconnect(), limiter.close);
    return { ...limiter, redis };
  });
  await Promise.all(limiters.map(({ redis }) => new Promise((ready) => redis.once('ready', ready))));
  return { limiters, clock, prefix };
}

it('is shared by processes, once they have told each other', async () => {
  const [one, other] = (await setup(2)).limiters;
  const rate = { requests: 1000, periodMs: 60_000 };
  for (let n = 0; n < 995; n += 1) one?.take('key', rate);
  await one?.flush();
  other?.take('key', rate);
  await other?.flush();
  const passed = Array.from({ length: 20 }, () => other?.take('key', rate)).filter((wait) => wait === 0);
  expect(passed).toHaveLength(4);
});

it('tells Redis far less often than it is asked', async () => {
  const { limiters, prefix } = await setup(1);
  const [only] = limiters;
  if (!only) throw new Error('there is no limiter');
  // Counted at its own client: the server's figures are everybody's.
  const sent = vi.spyOn(only.redis, 'sendCommand');
  const rate = { requests: 100_000, periodMs: 60_000 };
  for (let n = 0; n < 5_000; n += 1) only.take('key', rate);
  await only.flush();
  expect(sent.mock.calls.length).toBeLessThan(50);
  await expect.poll(() => only.redis.get(`${prefix}:rate:key`)).toBe('5000');
});

it('begins again when the window is over', async () => {
  const { limiters, clock } = await setup(1);
  const [only] = limiters;
  const rate = { requests: 1, periodMs: 60_000 };
  expect(only?.take('key', rate)).toBe(0);
  await only?.flush();
  const wait = only?.take('key', rate) ?? 0;
  expect(wait).toBeGreaterThan(55_000);
  clock.ms += 60_001;
  expect(only?.take('key', rate)).toBe(0);
});

it('goes on counting for itself while Redis is away', async () => {
  const { limiters } = await setup(1);
  const [only] = limiters;
  only?.redis.disconnect();
  const rate = { requests: 50, periodMs: 60_000 };
  const passed: number[] = [];
  for (let n = 0; n < 100; n += 1) {
    if (only?.take('key', rate) === 0) passed.push(n);
    await only?.flush();
  }
  expect(passed).toHaveLength(50);
});

it('follows a change of the key’s rate', async () => {
  const [only] = (await setup(1)).limiters;
  expect(only?.take('key', { requests: 1, periodMs: 60_000 })).toBe(0);
  expect(only?.take('key', { requests: 1, periodMs: 60_000 })).toBeGreaterThan(0);
  expect(only?.take('key', { requests: 5, periodMs: 60_000 })).toBe(0);
});
