import { expect, it } from 'vitest';
import { retryAfterMs } from '#src/providers/retry-after.ts';

const DATE = 'Tue, 24 Nov 2026 10:00:00 GMT';

it.each([
  ['7', undefined, 7000],
  ['0.5', undefined, 500],
  ['Tue, 24 Nov 2026 10:00:30 GMT', DATE, 30_000], // by the provider's own clock
  ['Tue, 24 Nov 2026 09:00:00 GMT', DATE, 0],
  ['Tue, 24 Nov 2026 10:00:30 GMT', undefined, 1234],
  ['999999', undefined, 3_600_000],
  ['soon', DATE, 1234],
  ['-5', undefined, 1234],
  [undefined, DATE, 1234],
])('%s at %s is %i ms', (header, date, wait) => {
  expect(retryAfterMs(header, date, 1234)).toBe(wait);
});
