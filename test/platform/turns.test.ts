import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTurns } from '#src/platform/turns.ts';
import { freshRedis, type FreshRedis } from '#test/support/services.ts';

let corner: FreshRedis;
let clients: [Redis, Redis];
beforeAll(async () => {
  corner = await freshRedis();
  clients = [new Redis(corner.url), new Redis(corner.url)];
});
afterAll(() => {
  for (const client of clients) client.disconnect();
});

const pair = (name: string, perSecond: number) => {
  const key = `${corner.prefix}:${name}`;
  return { key, first: createTurns(clients[0], key, 1000 / perSecond), second: createTurns(clients[1], key, 1000 / perSecond) };
};

it('come evenly spaced over two processes, without a burst', async () => {
  const { first, second } = pair('even', 50);
  const times: number[] = [];
  const take = async (index: number) => {
    expect(await (index % 2 ? first : second).take(5000)).toEqual({ kind: 'taken' });
    times.push(performance.now());
  };
  await Promise.all(Array.from({ length: 21 }, (_, index) => take(index)));
  const span = Math.max(...times) - Math.min(...times);
  // 20 gaps of 20 ms; a timer may be a few milliseconds early or, on a busy machine, late.
  expect(span).toBeGreaterThan(385);
  const sorted = times.toSorted((a, b) => a - b);
  const inAnyWindow = sorted.map((from) => sorted.filter((at) => at >= from && at < from + 100).length);
  // Late timers bunch together on a busy machine; a fixed window would let all 21 through at once.
  expect(Math.max(...inAnyWindow)).toBeLessThan(15);
});

it('that would be long in coming are not taken, and the wait is told', async () => {
  const { key, first, second } = pair('patience', 1);
  expect(await first.take(0)).toEqual({ kind: 'taken' });
  const refused = await second.take(100);
  expect(refused).toMatchObject({ kind: 'too-long' });
  const wait = 'waitMs' in refused ? refused.waitMs : 0;
  expect(wait).toBeGreaterThan(100);
  expect(wait).toBeLessThanOrEqual(1000);
  // A refusal reserves nothing: the next turn is no further away.
  const before = await clients[0].get(key);
  await second.take(0);
  expect(await clients[0].get(key)).toBe(before);
});

it('that nobody has taken for a while do not add up', async () => {
  const { key, first } = pair('idle', 10);
  await clients[0].set(key, '1'); // long ago
  expect(await first.take(0)).toEqual({ kind: 'taken' });
  expect(await first.take(0)).toMatchObject({ kind: 'too-long' });
});

it('leave nothing behind in Redis', async () => {
  const { key, first } = pair('ttl', 10);
  await first.take(0);
  expect(await clients[0].pttl(key)).toBeLessThanOrEqual(1200);
  expect(await clients[0].pttl(key)).toBeGreaterThan(0);
});
