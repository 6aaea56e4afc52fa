import fc from 'fast-check';
import { IANAZone } from 'luxon';
import { describe, expect, it } from 'vitest';
import { mayContact } from '#src/domain/contact-rules/may-contact.ts';
import { nextSlot } from '#src/domain/contact-rules/next-slot.ts';
import { firstInside } from '#src/domain/contact-rules/slot-search.ts';
import { aSubject } from './a-subject.ts';
import { clockChanges, inRange, isWaking, MINUTES_OF_DAY, oddHour, rangeText, wallClock, type DayRange } from './wall-clock.ts';

// All zones that this runtime knows, at instants around their own changes of the clocks in 2026. What a clock shows is Intl's word.

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const DAYS = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'];
const [NEW_YEAR, NEXT] = [Date.parse('2026-01-01T00:00Z'), Date.parse('2027-01-01T00:00Z')];

const zones = Intl.supportedValuesOf('timeZone');
const changes = new Map(zones.map((zone) => [zone, clockChanges(zone, NEW_YEAR, NEXT)]));
const changing = zones.filter((zone) => changes.get(zone)?.length);

/** Near a change of the zone's clocks; anywhere in the year where they never change. */
function moments(zone: string): fc.Arbitrary<number> {
  const around = (changes.get(zone) ?? []).map((change) =>
    fc.oneof(
      fc.constantFrom(-HOUR, -1, 0, 1, HOUR).map((ms) => change + ms),
      fc.integer({ min: change - 36 * HOUR, max: change + 36 * HOUR }),
    ),
  );
  return around.length > 0 ? fc.oneof(...around) : fc.integer({ min: NEW_YEAR, max: NEXT });
}

/** Ranges of the day that begin, end or lie in the hour that the zone's clocks skip or show twice, and others. */
function ranges(zone: string): fc.Arbitrary<DayRange> {
  const inside = (changes.get(zone) ?? []).map((change) => {
    const [from, to] = oddHour(zone, change);
    return fc.integer({ min: from, max: to - 1 });
  });
  const minute = fc.oneof(fc.integer({ min: 0, max: MINUTES_OF_DAY - 1 }), ...inside);
  return fc.tuple(minute, minute).filter(([from, to]) => from !== to);
}

const each = (zone: string) =>
  fc.record({
    zone: fc.constant(zone),
    times: fc.array(ranges(zone), { maxLength: 2 }),
    days: fc.oneof(fc.constant<string[]>([]), fc.subarray(DAYS, { minLength: 1, maxLength: 3 })),
    now: moments(zone),
    later: fc.integer({ min: 0, max: 60 * HOUR }),
    parts: fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), { minLength: 3, maxLength: 3 }),
  });

const minutes = Array.from({ length: MINUTES_OF_DAY }, (_, minute) => minute);
const isIn = (times: readonly DayRange[], minute: number): boolean => times.length === 0 || times.some((range) => inRange(range, minute));

describe('the next moment at which a customer may be called', () => {
  it(`in each of the ${zones.length} zones: is a right one by the clock on the wall, the first one, and neither past nor far`, () => {
    for (const timezone of zones) {
      fc.assert(
        fc.property(each(timezone), ({ zone, times, days, now, later, parts }) => {
          const subject = aSubject({
            preferences: { timezone: zone, preferred_times: times.map(rangeText), preferred_days: days },
            delivery: { scheduled_time: new Date(now + 30 * DAY) },
          });
          const slotFrom = (from: number): number => {
            const slot = nextSlot(subject, new Date(from));
            if (slot.kind === 'never') throw new Error(slot.reason);
            return slot.at.getTime();
          };
          // Wishes that are quiet hours only give way.
          const wished = minutes.some((minute) => isWaking({ minute }) && isIn(times, minute));
          const isRight = (at: number): boolean => {
            const { weekday, minute } = wallClock(zone, at);
            return isWaking({ minute }) && (!wished || ((days.length === 0 || days.includes(weekday)) && isIn(times, minute)));
          };

          const at = slotFrom(now);
          expect(isRight(at)).toBe(true);
          expect(at).toBeGreaterThanOrEqual(now);
          expect(at - now).toBeLessThanOrEqual(wished && days.length > 0 ? 8 * DAY : 2 * DAY);
          // None before it is right.
          const before = at === now ? [] : [now, at - 1, ...parts.map((part) => now + Math.floor((at - now) * part))];
          expect(before.filter(isRight)).toEqual([]);
          expect(mayContact(subject, new Date(now)).kind).toBe(at === now ? 'now' : 'later');

          const next = slotFrom(now + later);
          expect(next).toBeGreaterThanOrEqual(at);
          if (now + later <= at) expect(next).toBe(at);
        }),
        { numRuns: 10 },
      );
    }
  });
});

describe('windows of any hour, quiet or not', () => {
  it(`in each of the ${changing.length} zones whose clocks change: a skipped hour is none, a doubled one is two, as a walk by minutes finds`, () => {
    for (const zone of changing) {
      const aWindow = fc.record({ range: ranges(zone), now: moments(zone).map((at) => Math.floor(at / MINUTE) * MINUTE) });
      fc.assert(
        fc.property(aWindow, ({ range, now }) => {
          const until = now + 2 * DAY;
          let expected: number | null = now;
          while (expected !== null && !inRange(range, wallClock(zone, expected).minute)) {
            expected += MINUTE;
            if (expected >= until) expected = null;
          }
          expect(firstInside({ zone: IANAZone.create(zone), windows: daily(range) }, now, until)).toBe(expected);
        }),
        { numRuns: 4 },
      );
    }
  });

  it.each([
    // 29 March 2026: the clocks of Berlin show no time from 02:00 to 03:00.
    ['02:15-02:45', [135, 165], '2026-03-28T12:00Z', ['2026-03-30T00:15Z', '2026-03-31T00:15Z']],
    ['02:30-03:30', [150, 210], '2026-03-28T12:00Z', ['2026-03-29T01:00Z', '2026-03-30T00:30Z']],
    ['01:30-02:30', [90, 150], '2026-03-28T12:00Z', ['2026-03-29T00:30Z', '2026-03-29T23:30Z']],
    // 25 October 2026: they show the times from 02:00 to 03:00 twice.
    ['02:15-02:45', [135, 165], '2026-10-24T12:00Z', ['2026-10-25T00:15Z', '2026-10-25T01:15Z', '2026-10-26T01:15Z']],
    ['02:30-03:30', [150, 210], '2026-10-24T12:00Z', ['2026-10-25T00:30Z', '2026-10-25T01:30Z', '2026-10-26T01:30Z']],
    ['01:30-02:30', [90, 150], '2026-10-24T12:00Z', ['2026-10-24T23:30Z', '2026-10-25T01:00Z', '2026-10-26T00:30Z']],
  ] as [string, DayRange, string, string[]][])('%s in Berlin', (_, range, from, begins) => {
    const windows = { zone: IANAZone.create('Europe/Berlin'), windows: daily(range) };
    const isInside = (at: number) => firstInside(windows, at, at + 1) === at;
    let cursor = Date.parse(from);
    const found = begins.map(() => {
      const at = firstInside(windows, cursor, cursor + 3 * DAY) ?? NaN;
      cursor = at;
      while (isInside(cursor)) cursor += MINUTE;
      return new Date(at).toISOString();
    });
    expect(found).toEqual(begins.map((instant) => new Date(instant).toISOString()));
  });
});

/** A range as the rules keep it: parts of each day of the week, in milliseconds since Monday. */
function daily([from, to]: DayRange): DayRange[] {
  const parts: DayRange[] =
    from < to
      ? [[from, to]]
      : [
          [from, MINUTES_OF_DAY],
          [0, to],
        ];
  return DAYS.flatMap((_, day) => parts.map(([begin, end]): DayRange => [day * DAY + begin * MINUTE, day * DAY + end * MINUTE]));
}
