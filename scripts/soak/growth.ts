import type { Sample } from './samples.ts';

/** How low something stood in the first and in the last third of the samples that are judged. */
export interface Growth {
  what: string;
  unit: 'MB' | '';
  first: number;
  last: number;
  /** The difference, for an hour. */
  perHour: number;
  /** Higher by more than a tenth, and by more than the noise. */
  grows: boolean;
  samples: number;
}

const MB = 1024 * 1024;
const HOUR_SECONDS = 3600;
const A_TENTH = 0.1;
/** What a reconnect or one message makes of it. */
const NOISE = { MB: 16, '': 4 };
/** Of the samples that may be judged: the first are a process getting warm. */
const WARM_UP = 0.25;
const THIRDS = 3;
const FEWEST = 9;
/** A collector's steps are a sawtooth, whose teeth a leak does not raise but its floor; the very lowest may be a moment without connections. */
const FLOOR = 0.25;

/** The lower quartile. */
export function floorOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) * FLOOR)] ?? 0;
}

/** Whether the floor of anything rose in these samples, after the warm-up. A process that was not there all the time is left out. */
export function readGrowth(samples: readonly Sample[]): Growth[] {
  const judged = samples.slice(Math.floor(samples.length * WARM_UP));
  const third = Math.floor(judged.length / THIRDS);
  const apart = ((judged.at(-third)?.at ?? 0) - (judged[0]?.at ?? 0)) / HOUR_SECONDS;
  const of = (what: string, unit: Growth['unit'], read: (sample: Sample) => number | undefined): Growth[] => {
    const valuesIn = (part: readonly Sample[]) => part.map(read).filter((value) => value !== undefined);
    const count = valuesIn(judged).length;
    if (count < Math.max(FEWEST, judged.length * 0.9)) return [];
    const [first, last] = [judged.slice(0, third), judged.slice(-third)].map((part) => floorOf(valuesIn(part)) / (unit === 'MB' ? MB : 1));
    if (first === undefined || last === undefined) return [];
    const grown = last - first;
    return [{ what, unit, first, last, perHour: grown / apart, grows: grown > first * A_TENTH && grown > NOISE[unit], samples: count }];
  };
  const processes = [...new Set(judged.flatMap(({ rss }) => Object.keys(rss)))];
  return [
    ...of('Redis used_memory', 'MB', ({ redisMemory }) => redisMemory),
    ...of('Redis clients', '', ({ redisClients }) => redisClients),
    ...of('MongoDB connections', '', ({ mongoConnections }) => mongoConnections),
    ...processes.flatMap((name) => of(`${name} RSS`, 'MB', ({ rss }) => rss[name])),
  ];
}
