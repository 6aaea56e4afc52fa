import { describe, expect, it } from 'vitest';
import { checks } from '#scripts/model/checks.ts';
import { search } from '#scripts/model/search.ts';
import { obtainTools } from '#scripts/model/tools.ts';
import { figure } from '#test/support/figures.ts';

const MINUTES = 60_000;
const tools = obtainTools(() => undefined);
const design = checks.filter(({ finds }) => finds === undefined);
const mutants = checks.filter(({ finds }) => finds !== undefined);

describe('rows 2 and 4: the ledger as a model, each state of it', () => {
  it.each(design)('$name', { timeout: 12 * MINUTES }, async (check) => {
    const { found, states, trail } = await search(check, await tools);
    expect(found, trail.join('\n')).toBeUndefined();
    figure(2, `states searched (${check.name})`, states);
  });

  it(
    'every step of the model is taken by some run, but for the hanging-up of a call that nobody waits for',
    { timeout: 12 * MINUTES },
    async () => {
      const overlapping = design.find(({ search: kind, size }) => kind === 'states' && size.events > 1);
      if (!overlapping) throw new Error('no check of the design has events that overlap');
      const { unreached } = await search(overlapping, await tools);
      expect(unreached).toEqual([expect.stringContaining('hung up')]);
    },
  );
});

describe('the model sees each guard missing', () => {
  it.each(mutants)('$without: $name', { timeout: 12 * MINUTES }, async (check) => {
    const { found, trail } = await search(check, await tools);
    expect(found).toBe(check.finds);
    expect(trail.length).toBeGreaterThan(0);
  });
});
