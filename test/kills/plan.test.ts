import { expect, it } from 'vitest';
import { planKills } from './plan.ts';
import { isBeforeResult, pointNames } from './points.ts';
import { shareBeforeResult } from './show.ts';

it('plans the same kills for the same seed, and others for another', () => {
  expect(planKills(1000, '7')).toEqual(planKills(1000, '7'));
  expect(planKills(1000, '7')).not.toEqual(planKills(1000, '8'));
});

it('plans 1,000 kills: each point at least 20 times, at least 60 % between a claim and its recorded result', () => {
  const plan = planKills(1000, '7');
  expect(plan).toHaveLength(1000);
  for (const name of pointNames) expect(plan.filter(({ point }) => point === name).length, name).toBeGreaterThanOrEqual(20);
  expect(shareBeforeResult(plan)).toBeGreaterThanOrEqual(0.6);
});

it('numbers the processes in the order in which they are started, the points mixed', () => {
  const plan = planKills(200, '7');
  expect(plan.map(({ instance }) => instance)).toEqual(plan.map((_, index) => index));
  expect(new Set(plan.slice(0, 50).map(({ point }) => isBeforeResult(point))).size).toBe(2);
});
