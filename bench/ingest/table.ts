import Table from 'cli-table3';
import type { Comparison } from './comparison.ts';
import { WAYS } from './server.ts';

/** The comparisons as a table of at most 100 columns, and the ratio of every round below it. */
export function toTable(comparisons: readonly Comparison[]): string {
  const table = new Table({
    head: ['connections', 'way', 'requests/s', 'p50 ms', 'p95 ms', 'MongoDB commands/request', 'ours is'],
    colAligns: ['right', 'left', 'right', 'right', 'right', 'right', 'right'],
    style: { head: [], border: [], compact: true },
  });
  for (const { connections, ways, against } of comparisons) {
    for (const way of WAYS) {
      const { perSecond, p50, p95, commands } = ways[way];
      const numbers = [perSecond.toFixed(0), p50.toFixed(2), p95.toFixed(2), commands.toFixed(2)];
      table.push([connections, way, ...numbers, against.find((one) => one.way === way)?.ratio.toFixed(2) ?? '']);
    }
  }
  const verdicts = comparisons.flatMap(({ connections, against }) =>
    against.map(({ way, ratios, ratio, goal, met }) => {
      const rounds = ratios.map((each) => each.toFixed(2)).join(' ');
      const verdict = goal === undefined ? '' : `; goal ${goal.toFixed(2)}: ${met ? 'met' : 'MISSED'}`;
      return `At ${connections}: ${ratio.toFixed(2)} times the plain way with ${way}${verdict} (rounds: ${rounds})`;
    }),
  );
  return [table.toString(), ...verdicts].join('\n');
}
