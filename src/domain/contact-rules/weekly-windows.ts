import { MINUTES_OF_DAY, type TimeRange } from './preferences.ts';

/** Parts of every week in milliseconds since Monday 00:00 by the wall clock, each [from, to). They may overlap. */
export type WeeklyWindows = readonly (readonly [from: number, to: number])[];

const MINUTE = 60_000;
const DAY = MINUTES_OF_DAY * MINUTE;
const WEEK = 7 * DAY;
/** Day 0 of the epoch was a Thursday. */
const EPOCH_SINCE_MONDAY = 3 * DAY;
const ALL_DAYS = [0, 1, 2, 3, 4, 5, 6];

/** 47 CFR 64.1200(c)(1): no calls before 8 a.m. and after 9 p.m. at the called party's location. Taken as the rule for every call, everywhere. */
const WAKING: TimeRange = [8 * 60, 21 * 60];

/** These times on these days, as far as they are no quiet hours; null: any. */
export function wakingWindows(times: readonly TimeRange[] | null, days: readonly number[] | null): WeeklyWindows {
  const waking = (times ?? [WAKING])
    .map(([from, to]) => [Math.max(from, WAKING[0]), Math.min(to, WAKING[1])] as const)
    .filter(([from, to]) => from < to);
  return (days ?? ALL_DAYS).flatMap((day) => waking.map(([from, to]) => [day * DAY + from * MINUTE, day * DAY + to * MINUTE] as const));
}

/** The first moment inside at or after `local`, both in milliseconds as the wall clock counts them; Infinity where there are no windows. */
export function nextInside(windows: WeeklyWindows, local: number): number {
  const since = (((local + EPOCH_SINCE_MONDAY) % WEEK) + WEEK) % WEEK;
  const starts = windows.map(([from, to]) => (since < from ? from : since < to ? since : from + WEEK));
  return local - since + Math.min(...starts);
}
