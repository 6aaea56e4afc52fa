/** Minutes since midnight, by the wall clock: [from, to). */
export type TimeRange = readonly [from: number, to: number];

const DAYS = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'];
export const MINUTES_OF_DAY = 24 * 60;

const RANGE = /^([01]?\d|2[0-3]):([0-5]\d)\s*-\s*([01]?\d|2[0-4]):([0-5]\d)$/;

/** Days of the week, Monday = 0; null: any. A name that is none is left out; where that leaves none, nothing was asked for. */
export function preferredDays(names: readonly string[] = []): number[] | null {
  const days = names.map((name) => DAYS.indexOf(name.trim().toLowerCase())).filter((day) => day >= 0);
  return days.length > 0 ? days : null;
}

/** Ranges of the day; null: any. One that cannot be read is left out, as above. */
export function preferredTimes(ranges: readonly string[] = []): TimeRange[] | null {
  const times = ranges.flatMap(parseRange);
  return times.length > 0 ? times : null;
}

/** One that crosses midnight is two parts of every day: on no other day than the preferred ones is anybody called. */
function parseRange(text: string): TimeRange[] {
  const [, fromHour, fromMinute, toHour, toMinute] = RANGE.exec(text.trim()) ?? [];
  const from = Number(fromHour) * 60 + Number(fromMinute);
  const to = Number(toHour) * 60 + Number(toMinute);
  if (!(to <= MINUTES_OF_DAY) || from === to) return [];
  return from < to
    ? [[from, to]]
    : [
        [from, MINUTES_OF_DAY],
        [0, to],
      ];
}
