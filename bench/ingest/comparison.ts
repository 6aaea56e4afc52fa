import type { Measurement } from './rounds.ts';
import { median } from './statistics.ts';
import { WAYS, type Way } from './server.ts';

/** For so many connections, our requests a second must be at least so many times the plain way's. */
const GOALS: ReadonlyMap<number, number> = new Map([
  [1, 0.9],
  [50, 4],
]);

export interface Summary {
  perSecond: number;
  p50: number;
  p95: number;
  commands: number;
}

export interface Comparison {
  connections: number;
  /** Medians over the rounds. */
  ways: Record<Way, Summary>;
  /** Ours divided by the plain way's requests a second, round by round, and the median of that. */
  ratios: number[];
  ratio: number;
  goal?: number;
  met?: boolean;
}

/** What the measurements say, one comparison for each count of connections. */
export function compare(measurements: readonly Measurement[]): Comparison[] {
  return [...Map.groupBy(measurements, ({ connections }) => connections)].map(([connections, all]) => {
    const of = (way: Way) => all.filter((each) => each.way === way).toSorted((a, b) => a.round - b.round);
    const summary = (way: Way): Summary => ({
      perSecond: median(of(way).map(({ perSecond }) => perSecond)),
      p50: median(of(way).map(({ p50 }) => p50)),
      p95: median(of(way).map(({ p95 }) => p95)),
      commands: median(of(way).map(({ commands }) => commands)),
    });
    const plain = of('plain');
    const ratios = of('ours').map(({ perSecond }, index) => perSecond / (plain[index]?.perSecond ?? NaN));
    const ratio = median(ratios);
    const goal = GOALS.get(connections);
    const ways = Object.fromEntries(WAYS.map((way) => [way, summary(way)])) as Record<Way, Summary>;
    return { connections, ways, ratios, ratio, ...(goal === undefined ? {} : { goal, met: ratio >= goal }) };
  });
}
