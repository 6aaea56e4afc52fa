import type { Measurement } from './rounds.ts';
import { median } from './statistics.ts';
import { WAYS, type Way } from './server.ts';

const PLAIN = ['mongoose', 'driver'] as const;

/** For so many connections, our requests a second must be at least so many times those of the plain way with Mongoose. */
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

/** Ours compared with one of the plain ways. */
export interface Against {
  way: Exclude<Way, 'ours'>;
  /** Our requests a second divided by its, round by round, and the median of that. */
  ratios: number[];
  ratio: number;
  goal?: number;
  met?: boolean;
}

export interface Comparison {
  connections: number;
  /** Medians over the rounds. */
  ways: Record<Way, Summary>;
  against: Against[];
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
    const against = PLAIN.map((way): Against => {
      const plain = of(way);
      const ratios = of('ours').map(({ perSecond }, index) => perSecond / (plain[index]?.perSecond ?? NaN));
      const ratio = median(ratios);
      const goal = way === 'mongoose' ? GOALS.get(connections) : undefined;
      return { way, ratios, ratio, ...(goal === undefined ? {} : { goal, met: ratio >= goal }) };
    });
    const ways = Object.fromEntries(WAYS.map((way) => [way, summary(way)])) as Record<Way, Summary>;
    return { connections, ways, against };
  });
}
