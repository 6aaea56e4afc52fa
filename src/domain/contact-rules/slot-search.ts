import type { IANAZone } from 'luxon';
import { nextInside, type WeeklyWindows } from './weekly-windows.ts';

/** Windows by the wall clock of one zone. */
export interface LocalWindows {
  zone: IANAZone;
  windows: WeeklyWindows;
}

const offsetMs = (zone: IANAZone, at: number): number => zone.offset(at) * 60_000;

/**
 * The first instant in [from, until) that is inside the windows; null if there is none. All instants in epoch milliseconds.
 * Between two changes of the clocks a zone's wall clock runs straight, so the search goes from window to window and stops only at a
 * change of the clocks: a skipped hour is no window, a repeated one is twice.
 */
export function firstInside({ zone, windows }: LocalWindows, from: number, until: number): number | null {
  let cursor = from;
  while (cursor < until) {
    const offset = offsetMs(zone, cursor);
    const candidate = nextInside(windows, cursor + offset) - offset;
    if (candidate === cursor) return cursor;
    const end = Math.min(candidate, until);
    if (offsetMs(zone, end) === offset) return candidate < until ? candidate : null;
    cursor = clockChange(zone, cursor, end);
  }
  return null;
}

/** The first instant in [from, until) that is inside the windows of every zone; null if there is none. */
export function firstInsideAll(all: readonly LocalWindows[], from: number, until: number): number | null {
  let at = from;
  for (;;) {
    const next = all.reduce<number | null>((found, each) => (found === null ? null : firstInside(each, found, until)), at);
    if (next === null || next === at) return next;
    at = next;
  }
}

/** When the offset of `before` is over, by halving; at `after` it is another one. */
function clockChange(zone: IANAZone, before: number, after: number): number {
  const offset = zone.offset(before);
  let [low, high] = [before, after];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (zone.offset(middle) === offset) low = middle;
    else high = middle;
  }
  return high;
}
