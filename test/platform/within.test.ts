import { expect, it, vi } from 'vitest';
import { patiently, TooLate, within } from '#src/platform/within.ts';

it('gives the work’s own result, however it comes', async () => {
  expect(await within(1000, Promise.resolve(1))).toBe(1);
  expect(await within(1000, Promise.resolve(undefined))).toBe(undefined);
  await expect(within(1000, Promise.reject(new Error('its own')))).rejects.toThrow('its own');
});

it('waits no longer, and ignores the late failure', async () => {
  const { promise, reject } = Promise.withResolvers<never>();
  await expect(within(1, promise)).rejects.toThrow(TooLate);
  reject(new Error('late'));
  await new Promise(setImmediate);
});

it('who waits again and again leaves one thing on the work, and gets its result at last', async () => {
  const { promise, resolve } = Promise.withResolvers<string>();
  const then = vi.spyOn(promise, 'then');
  const answered = patiently(promise);
  for (let times = 0; times < 5; times += 1) await expect(answered(1)).rejects.toThrow(TooLate);
  const waiting = answered(10_000);
  resolve('at last');
  expect(await waiting).toBe('at last');
  expect(await answered(1)).toBe('at last');
  expect(then).toHaveBeenCalledTimes(1);
});
