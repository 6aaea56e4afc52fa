import { expect, it } from 'vitest';

import { createClock } from '#scripts/simulator/clock.ts';

it('runs faster from its anchor on', () => {
  const anchorMs = Date.now() - 1000;
  const { now } = createClock({ scale: 60, anchorMs });
  const passed = now() - anchorMs;
  expect(passed).toBeGreaterThanOrEqual(60_000);
  expect(passed).toBeLessThan(90_000);
});

it('sleeps so long that its own time passes', async () => {
  const began = performance.now();
  await createClock({ scale: 100 }).sleep(6000);
  expect(performance.now() - began).toBeGreaterThanOrEqual(55);
  expect(performance.now() - began).toBeLessThan(2000);
});

it('can be woken', async () => {
  await expect(createClock().sleep(60_000, AbortSignal.abort())).rejects.toMatchObject({ name: 'AbortError' });
});
