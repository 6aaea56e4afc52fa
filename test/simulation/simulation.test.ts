import { describe, expect, it } from 'vitest';
import { addCounts, type Counts } from './counts.ts';
import { mutants, type Mutant } from './mutants.ts';
import { simulate } from './simulate.ts';

/** What costs some ten seconds of one core; a hundred thousand: `npm run simulate -- --seeds 100000`. */
const SEEDS = 2000;
/** In so many runs each mutant must be found; most are within a few. */
const WITHIN = 5000;
const MINUTE = 60_000;

async function firstFailure(mutant: Mutant): Promise<string | undefined> {
  for (let seed = 1; seed <= WITHIN; seed += 1) {
    const { failure } = await simulate({ seed, mutant });
    if (failure !== undefined) return failure;
  }
  return undefined;
}

it(
  `P2 to P5 hold after every step of ${SEEDS} seeds, and all ends and the books agree when the faults stop`,
  { timeout: 5 * MINUTE },
  async () => {
    const covered: Counts = {};
    const failures: string[] = [];
    for (let seed = 1; seed <= SEEDS; seed += 1) {
      const { failure, counts } = await simulate({ seed });
      if (failure !== undefined) failures.push(`seed ${seed}: ${failure}`);
      addCounts(covered, counts);
    }
    expect(failures).toEqual([]);
    // A simulation in which nothing happens proves nothing.
    const often = [
      'calls placed',
      'processes killed',
      'zombies woken after their lock was gone',
      'jobs run twice at once',
      'callbacks doubled',
    ];
    for (const what of [...often, 'callbacks lost', 'dials: lost after', 'deliveries cancelled', 'recording: done', 'retry: done'])
      expect(covered[what], what).toBeGreaterThan(50);
  },
);

it('the same seed takes the same steps', async () => {
  const tracesOf = async (seed: number) => {
    const lines: string[] = [];
    await simulate({ seed, trace: (line) => void lines.push(line) });
    return lines;
  };
  for (const seed of [1, 2, 3]) {
    const lines = await tracesOf(seed);
    expect(lines.length).toBeGreaterThan(100);
    expect(await tracesOf(seed)).toEqual(lines);
  }
});

describe('a broken rule is found', () => {
  it.each(Object.entries(mutants))('%s', { timeout: 5 * MINUTE }, async (_name, mutant) => {
    expect(await firstFailure(mutant)).toMatch(/P\d|row \d|books/);
  });
});
