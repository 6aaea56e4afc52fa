/** What the clocks of a zone show at an instant. */
export interface Reading {
  /** English, in small letters. */
  weekday: string;
  /** Since midnight. */
  minute: number;
  /** Milliseconds ahead of UTC. */
  offset: number;
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** Read by Intl alone and with no arithmetic on days or weeks, so that an error of the rules is not made here once more. `at` in epoch milliseconds. */
export function wallClock(zone: string, at: number): Reading {
  const parts = Object.fromEntries(
    formatOf(zone)
      .formatToParts(at)
      .map(({ type, value }) => [type, value]),
  ) as Record<'weekday' | 'year' | 'month' | 'day' | 'hour' | 'minute' | 'second', string>;
  const [hour, minute] = [Number(parts.hour), Number(parts.minute)];
  const asUtc = Date.UTC(Number(parts.year), Number(parts.month) - 1, Number(parts.day), hour, minute, Number(parts.second));
  return { weekday: parts.weekday.toLowerCase(), minute: hour * 60 + minute, offset: asUtc - Math.floor(at / 1000) * 1000 };
}

function formatOf(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone);
  if (known) return known;
  const made = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    weekday: 'long',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  formats.set(zone, made);
  return made;
}

export const MINUTES_OF_DAY = 24 * 60;
const DAY = MINUTES_OF_DAY * 60_000;

/** The instants in [from, until), in epoch milliseconds, at which the zone's clocks are changed. */
export function clockChanges(zone: string, from: number, until: number): number[] {
  const changes: number[] = [];
  for (let low = from; low < until; low += DAY) {
    const high = Math.min(low + DAY, until);
    if (wallClock(zone, low).offset !== wallClock(zone, high).offset) changes.push(changeBetween(zone, low, high));
  }
  return changes;
}

function changeBetween(zone: string, before: number, after: number): number {
  const { offset } = wallClock(zone, before);
  let [low, high] = [before, after];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (wallClock(zone, middle).offset === offset) low = middle;
    else high = middle;
  }
  return high;
}

/** Part of every day in minutes since midnight, [from, to); across midnight where it ends before it begins. */
export type DayRange = readonly [from: number, to: number];

export const inRange = ([from, to]: DayRange, minute: number): boolean =>
  from < to ? minute >= from && minute < to : minute >= from || minute < to;

/** The times of the day that the clocks skip, or show twice, at a change. */
export function oddHour(zone: string, change: number): DayRange {
  const after = wallClock(zone, change);
  const shift = (after.offset - wallClock(zone, change - 1).offset) / 60_000;
  // Nuuk's clocks go from 23:00 to 00:00 of the next day.
  const from = shift > 0 ? (after.minute - shift + MINUTES_OF_DAY) % MINUTES_OF_DAY : after.minute;
  return [from, Math.min(MINUTES_OF_DAY, from + Math.abs(shift))];
}

const clock = (minute: number): string => [Math.floor(minute / 60), minute % 60].map((number) => String(number).padStart(2, '0')).join(':');

/** Such as `02:30-09:00`. */
export const rangeText = ([from, to]: DayRange): string => `${clock(from)}-${clock(to)}`;

/** 8 a.m. to 9 p.m. */
export const isWaking = ({ minute }: Pick<Reading, 'minute'>): boolean => inRange([8 * 60, 21 * 60], minute);
