import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createDepartures, type Limit } from '#src/platform/departures.ts';
import { blockFor } from '#test/support/block-for.ts';
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

const pair = (name: string, limit: Partial<Limit> = {}) => {
  const key = `${corner.prefix}:${name}`;
  const whole = { most: 1, windowMs: 50, spareMs: 20, lateMs: 15, ...limit };
  return { key, first: createDepartures(clients[0], key, whole), second: createDepartures(clients[1], key, whole) };
};

async function timesOf(count: number, { first, second }: ReturnType<typeof pair>): Promise<number[]> {
  const times: number[] = [];
  const leave = async (index: number) => {
    expect(await (index % 2 ? first : second).take(10_000)).toEqual({ kind: 'taken' });
    times.push(performance.now());
  };
  await Promise.all(Array.from({ length: count }, (_, index) => leave(index)));
  return times.toSorted((a, b) => a - b);
}

const gaps = (times: number[], over: number) => times.slice(over).map((at, index) => at - (times[index] ?? 0));

it('are never closer than the window where one fits in it, whoever asks', async () => {
  expect(Math.min(...gaps(await timesOf(12, pair('one')), 1))).toBeGreaterThanOrEqual(50);
});

it('are never more than fit in any window', async () => {
  const times = await timesOf(20, pair('many', { most: 5, windowMs: 200 }));
  expect(Math.min(...gaps(times, 5))).toBeGreaterThanOrEqual(200);
});

it('that come while this process stands still are let go, and the next is no closer for it', async () => {
  const { first, second } = pair('late');
  const times: number[] = [];
  await first.take(1000);
  const late = first.take(1000).then(() => times.push(performance.now()));
  const asked = clients[0].ping(); // answered after the question before it
  await asked;
  blockFor(150); // over the moment that was promised
  const next = second.take(1000).then(() => times.push(performance.now()));
  await Promise.all([late, next]);
  const [one = 0, other = 0] = times.toSorted((a, b) => a - b);
  expect(other - one).toBeGreaterThanOrEqual(50);
});

it('that would be long in coming are not promised, and the wait is told', async () => {
  const { key, first, second } = pair('patience', { windowMs: 1000 });
  expect(await first.take(100)).toEqual({ kind: 'taken' });
  const before = await clients[0].zrange(key, '0', '-1', 'WITHSCORES');
  const refused = await second.take(100);
  expect(refused).toMatchObject({ kind: 'too-long' });
  const wait = 'waitMs' in refused ? refused.waitMs : 0;
  expect(wait).toBeGreaterThan(100);
  expect(wait).toBeLessThanOrEqual(1020);
  expect(await clients[0].zrange(key, '0', '-1', 'WITHSCORES')).toEqual(before);
});

it('leave little behind in Redis, and nothing for long', async () => {
  const { key, first } = pair('ttl', { most: 3, windowMs: 10, spareMs: 20 });
  for (let count = 0; count < 10; count += 1) await first.take(1000);
  expect(await clients[0].zcard(key)).toBe(6);
  expect(await clients[0].pttl(key)).toBeLessThanOrEqual(1100);
  expect(await clients[0].pttl(key)).toBeGreaterThan(0);
});
