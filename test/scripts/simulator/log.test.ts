import { expect, it } from 'vitest';

import { createClock } from '#scripts/simulator/clock.ts';
import { createLog } from '#scripts/simulator/log.ts';

it('is bounded, and says how much it forgot', () => {
  const log = createLog(createClock(), 10);
  for (let n = 0; n < 100; n += 1) log.add('call', { n });
  expect(log.entries().length).toBeLessThanOrEqual(11);
  expect(log.entries().length + log.forgotten()).toBe(100);
  expect(log.entries().at(-1)).toMatchObject({ n: 99, seq: 100 });
});

it('finds by kind, call, number and what came later', () => {
  const log = createLog(createClock(), 10);
  log.add('call', { callSid: 'CA1', to: '+1' });
  const { seq } = log.add('status', { callSid: 'CA1', to: '+1' });
  log.add('status', { callSid: 'CA2', to: '+2' });
  expect(log.entries({ kind: 'call,status', callSid: 'CA1' })).toHaveLength(2);
  expect(log.entries({ to: '+2' })).toMatchObject([{ callSid: 'CA2' }]);
  expect(log.entries({ after: seq })).toHaveLength(1);
  expect(log.entries({ limit: 1 })).toMatchObject([{ callSid: 'CA2' }]);
});
