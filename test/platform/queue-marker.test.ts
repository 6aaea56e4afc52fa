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
  expect(await marker.begin()).toBe(true);
  expect(await marker.begin()).toBe(true); // the pass before died
  await marker.complete();
  expect(await marker.begin()).toBe(false);
});

it('tells that Redis was emptied', async () => {
  const { key, marker } = aMarker('emptied');
  await marker.begin();
  await marker.complete();
  await redis.del(key);
  expect(await marker.begin()).toBe(true);
});

it('a Redis that is emptied during the pass is filled by the next', async () => {
  const { key, marker } = aMarker('meanwhile');
  await marker.begin();
  await redis.del(key);
  await marker.complete();
  expect(await marker.begin()).toBe(true);
});
