import type { Person } from './person.ts';
import { createPerson } from './person.ts';
import type { Step, Weights } from './scenarios.ts';
import { defaultWeights, drawScenario, numberTable, parseSteps } from './scenarios.ts';

/** What a number may be given: a scenario, a sequence (`no-answer,confirm`), or steps with details. */
export type Steps = string | Step | readonly Step[];

export interface People {
  /** The person who takes the next call to this number; counts the call. */
  next: (to: string) => Person;
  set: (to: string, steps: Steps) => void;
  /** What was given to numbers explicitly. */
  given: () => Record<string, Step[]>;
  reset: () => void;
}

export interface PeopleOptions {
  seed: string;
  weights?: Weights | undefined;
  /** Whether a number's last two digits choose; true by default. */
  useNumberTable?: boolean | undefined;
}

const MAX_NUMBERS = 100_000;

const toSteps = (steps: Steps): Step[] => {
  if (typeof steps === 'string') return parseSteps(steps);
  return 'scenario' in steps ? [steps] : [...steps];
};

/** Chooses for each call: what the number was given, else its last two digits, else the weights. */
export const createPeople = ({ seed, weights = defaultWeights, useNumberTable = true }: PeopleOptions): People => {
  const given = new Map<string, Step[]>();
  const calls = new Map<string, number>();

  const stepFor = (to: string, n: number): Step => {
    const listed = useNumberTable ? numberTable[to.slice(-2)] : undefined;
    const steps = given.get(to) ?? (listed === undefined ? undefined : parseSteps(listed));
    return steps?.[Math.min(n, steps.length - 1)] ?? { scenario: drawScenario(weights, seed, to, n) };
  };

  const remember = (to: string, n: number) => {
    calls.set(to, n);
    const [oldest] = calls.keys();
    if (calls.size > MAX_NUMBERS && oldest !== undefined) calls.delete(oldest);
  };

  return {
    next: (to) => {
      const n = calls.get(to) ?? 0;
      remember(to, n + 1);
      return createPerson(stepFor(to, n), to, n);
    },
    set: (to, steps) => {
      given.set(to, toSteps(steps));
      calls.delete(to); // its story starts again
    },
    given: () => Object.fromEntries(given),
    reset: () => {
      given.clear();
      calls.clear();
    },
  };
};
