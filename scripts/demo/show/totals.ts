import { expectedOutcome } from '#scripts/demo/check/expected.ts';
import type { Evidence } from '#scripts/demo/check/evidence.ts';
import { inWords } from './words.ts';

/** The run in a few lines: how calls ended, where deliveries stand, how fast. */
export function totals({ submitted, deliveries, calls, recordings, pushes }: Evidence, seconds: number): string[] {
  const perMinute = (submitted.length * 60) / seconds;
  return [
    `${submitted.length} deliveries: ${counted(deliveries.map(({ contact }) => contact.state))}`,
    `${calls.length} calls: ${counted(calls.map(expectedOutcome))}`,
    `${recordings.length} recordings, ${pushes.filter(({ status }) => status === 201).length} pushes`,
    `${seconds.toFixed(1)} s from the first submission to the last ending, ${Math.round(perMinute)} deliveries a minute`,
  ];
}

const counted = (words: readonly string[]): string =>
  [...Map.groupBy(words, (word) => word)]
    .map(([word, all]) => ({ word, count: all.length }))
    .toSorted((a, b) => b.count - a.count)
    .map(({ word, count }) => `${count} ${inWords(word)}`)
    .join(', ');
