import type { Sample } from './samples.ts';

/** What a line through the samples says. */
export interface Growth {
  what: string;
  unit: 'MB' | '';
  mean: number;
  /** Per hour. */
  slope: number;
  /** From the line's beginning to its end. */
  grown: number;
  /** More than may be: `grown` beyond a tenth of the mean and beyond the noise. */
  grows: boolean;
  samples: number;
}

export interface Point {
  /** Seconds. */
  at: number;
  value: number;
}

const MB = 1024 * 1024;
const HOUR_SECONDS = 3600;
const A_TENTH = 0.1;
/** What a garbage collector or a reconnect makes of one sample. */
const NOISE = { MB: 16, '': 4 };
/** Of the samples that may be judged: the first are a process getting warm. */
const WARM_UP = 0.25;
const FEWEST = 8;

/** Least squares. Slope per second; where all points stand at one moment, 0. */
export function lineThrough(points: readonly Point[]): { mean: number; slope: number } {
  const mean = average(points.map(({ value }) => value));
  const middle = average(points.map(({ at }) => at));
  const spread = points.reduce((sum, { at }) => sum + (at - middle) ** 2, 0);
  const slope = spread === 0 ? 0 : points.reduce((sum, { at, value }) => sum + (at - middle) * (value - mean), 0) / spread;
  return { mean, slope };
}

/** Whether anything grew in these samples, after the warm-up. A process that was not there all the time is left out. */
export function readGrowth(samples: readonly Sample[]): Growth[] {
  const judged = samples.slice(Math.floor(samples.length * WARM_UP));
  const of = (what: string, unit: Growth['unit'], read: (sample: Sample) => number | undefined): Growth[] => {
    const points = judged.flatMap((sample) => {
      const value = read(sample);
      return value === undefined ? [] : [{ at: sample.at, value: unit === 'MB' ? value / MB : value }];
    });
    if (points.length < Math.max(FEWEST, judged.length * 0.9)) return [];
    const { mean, slope } = lineThrough(points);
    const grown = slope * ((points.at(-1)?.at ?? 0) - (points[0]?.at ?? 0));
    const grows = grown > mean * A_TENTH && grown > NOISE[unit];
    return [{ what, unit, mean, slope: slope * HOUR_SECONDS, grown, grows, samples: points.length }];
  };
  const processes = [...new Set(judged.flatMap(({ rss }) => Object.keys(rss)))];
  return [
    ...of('Redis used_memory', 'MB', ({ redisMemory }) => redisMemory),
    ...of('Redis clients', '', ({ redisClients }) => redisClients),
    ...of('MongoDB connections', '', ({ mongoConnections }) => mongoConnections),
    ...processes.flatMap((name) => of(`${name} RSS`, 'MB', ({ rss }) => rss[name])),
  ];
}

const average = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
