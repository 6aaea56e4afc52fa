import { describe, expect, it } from 'vitest';

import { createPeople } from '#scripts/simulator/people.ts';
import { parseWeights, scenarioNames } from '#scripts/simulator/scenarios.ts';

describe('what a called person does', () => {
  it('is what the number was given', () => {
    const people = createPeople({ seed: '1' });
    people.set('+12025550107', 'confirm');
    expect(people.next('+12025550107').scenario).toBe('confirm');
  });

  it('else follows from the last two digits', () => {
    const people = createPeople({ seed: '1' });
    expect(['01', '07', '09'].map((digits) => people.next(`+120255501${digits}`).scenario)).toEqual(['confirm', 'busy', 'never-again']);
  });

  it('else is drawn, the same for the same seed', () => {
    const numbers = Array.from({ length: 300 }, (_, n) => `+1202555${1000 + n}`);
    const story = (seed: string) => {
      const people = createPeople({ seed, useNumberTable: false });
      return numbers.map((number) => people.next(number).scenario);
    };
    expect(story('a')).toEqual(story('a'));
    expect(story('a')).not.toEqual(story('b'));
    expect(new Set(story('a')).size).toBe(scenarioNames.length);
  });

  it('is drawn by weight', () => {
    const people = createPeople({ seed: '1', weights: parseWeights('busy=1'), useNumberTable: false });
    expect(new Set(Array.from({ length: 20 }, (_, n) => people.next(`+1202555${2000 + n}`).scenario))).toEqual(new Set(['busy']));
  });

  it('goes through a sequence call by call, and the last step repeats', () => {
    const people = createPeople({ seed: '1' });
    people.set('+12025550100', 'no-answer, busy,confirm');
    expect(Array.from({ length: 4 }, () => people.next('+12025550100').scenario)).toEqual(['no-answer', 'busy', 'confirm', 'confirm']);
  });

  it('says something of its own, in the language in which it was spoken to', () => {
    const people = createPeople({ seed: '1' });
    const person = people.next('+12025550102');
    expect(person.speak('es')).toMatchObject({ language: 'es', text: expect.stringMatching(/\d{4}/) as string });
    expect(person.speak('en')?.text).not.toBe(person.speak('es')?.text);
    people.set('+12025550102', { scenario: 'instructions', language: 'en', say: 'Just here' });
    expect(people.next('+12025550102').speak('es')).toEqual({ language: 'en', text: 'Just here' });
  });

  it('must be something that it knows', () => {
    expect(() => {
      createPeople({ seed: '1' }).set('+12025550100', 'dance');
    }).toThrow();
  });
});
