import Table from 'cli-table3';
import type { SeedsResult } from './run-seeds.ts';

const MOST_FAILURES = 20;
const rounded = (n: number) => Math.round(n).toLocaleString('en');

/** What was covered, how fast, and what was broken: for a person. */
export function summaryOf({ seeds, seconds, steps, counts, failures }: SeedsResult): string {
  const covered = new Table({ head: ['what happened', 'times'], colAligns: ['left', 'right'] });
  covered.push(
    ...Object.entries(counts)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([what, times]) => [what, rounded(times)]),
  );
  const speed = `${rounded(seeds)} seeds, ${rounded(steps)} steps in ${rounded(seconds)} s: ${rounded(seeds / seconds)} seeds a second`;
  const broken = failures.slice(0, MOST_FAILURES).map(({ seed, failure }) => `seed ${seed}: ${failure ?? ''}`);
  const verdict =
    failures.length === 0 ? 'every promise was kept' : `${failures.length} seeds broke a promise; replay one by --seed N --trace`;
  return [covered.toString(), speed, ...broken, verdict, ''].join('\n');
}
