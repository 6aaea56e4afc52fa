import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createQueueMarker } from '#src/platform/queue-marker.ts';
import { freshRedis, type FreshRedis } from '#test/support/services.ts';

let corner: FreshRedis;
let redis: Redis;
beforeAll(async () => {
  corner = await freshRedis();
  redis = new Redis(corner.url);
});
afterAll(() => {
  redis.disconnect();
});

const aMarker = (name: string) => ({ key: `${corner.prefix}:${name}`, marker: createQueueMarker(redis, `${corner.prefix}:${name}`) });

it('a Redis that was never filled counts as emptied, until a pass has ended', async () => {
  const { marker } = aMarker('fresh');
  const loss = await marker.begin();
  expect(loss).toMatch(/^rebuilding/);
  expect(await marker.begin()).toBe(loss); // the pass before died
  await marker.complete(String(loss));
  expect(await marker.begin()).toBe(null);
});

it('tells that Redis was emptied', async () => {
  const { key, marker } = aMarker('emptied');
  await marker.complete(String(await marker.begin()));
  expect(await marker.begin()).toBe(null);
  await redis.del(key);
  expect(await marker.begin()).not.toBe(null);
});

it('a Redis that is emptied during the pass is filled by the next', async () => {
  const { key, marker } = aMarker('meanwhile');
  const loss = await marker.begin();
  await redis.del(key);
  await marker.complete(String(loss));
  expect(await marker.begin()).not.toBe(null);
});

it('a pass that began before a second loss does not end the one that began after it', async () => {
  const { key, marker } = aMarker('twice');
  const first = await marker.begin();
  await redis.del(key);
  const second = await marker.begin();
  await marker.complete(String(first));
  expect(await marker.begin()).toBe(second);
  await marker.complete(String(second));
  expect(await marker.begin()).toBe(null);
});
