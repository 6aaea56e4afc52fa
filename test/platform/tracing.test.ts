import { expect, it } from 'vitest';
import { newTraceId, traceIdOf } from '#src/platform/tracing.ts';

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';

it('takes the trace id of a valid header', () => {
  expect(traceIdOf(`00-${traceId}-00f067aa0ba902b7-01`)).toBe(traceId);
});

it('takes a later version, which may have more parts', () => {
  expect(traceIdOf(`cc-${traceId}-00f067aa0ba902b7-01-what-comes`)).toBe(traceId);
});

it.each([
  undefined,
  '',
  traceId,
  `ff-${traceId}-00f067aa0ba902b7-01`,
  `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`,
  `00-${traceId}-${'0'.repeat(16)}-01`,
  `00-${traceId}-00f067aa0ba902b7-01-more`,
  `00-${traceId.toUpperCase()}-00f067aa0ba902b7-01`,
  `cc-${traceId}-00f067aa0ba902b7-01-${'x'.repeat(300)}`,
])('takes nothing of %s', (header) => {
  expect(traceIdOf(header)).toBeNull();
});

it('makes ids that differ', () => {
  const ids = new Set(Array.from({ length: 1000 }, newTraceId));
  expect(ids.size).toBe(1000);
  for (const id of ids) expect(id).toMatch(/^[0-9a-f]{32}$/);
});
