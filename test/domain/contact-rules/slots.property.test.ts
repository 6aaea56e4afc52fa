import fc from 'fast-check';
import { DateTime } from 'luxon';
import { expect, it } from 'vitest';
import { mayContact } from '#src/domain/contact-rules/may-contact.ts';
import { nextSlot } from '#src/domain/contact-rules/next-slot.ts';
import type { ContactPreferences } from '#src/domain/contact-rules/subject.ts';
import { aSubject } from './a-subject.ts';

const QUARTER = 15 * 60_000;
const DAYS = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'];
// Lord Howe's clocks change by half an hour; Cairo's and Beirut's at midnight; Troll's by two hours.
const ZONES = [
  'America/New_York',
  'Asia/Kathmandu',
  'Australia/Lord_Howe',
  'Africa/Cairo',
  'Asia/Beirut',
  'Antarctica/Troll',
  'Pacific/Chatham',
];

const clock = fc
  .tuple(fc.nat(23), fc.constantFrom(0, 15, 30, 45))
  .map(([h, m]) => `${String(h).padStart(2, '0')}:${String(m).padStart(2, '0')}`);
const range = fc.tuple(clock, clock).map(([from, to]) => `${from}-${to}`);
const preferences = fc.record({
  timezone: fc.constantFrom(...ZONES, 'Nowhere/Atlantis'),
  preferred_times: fc.array(fc.oneof(range, fc.constantFrom('bad', '12:00')), { maxLength: 3 }),
  preferred_days: fc.subarray([...DAYS, 'someday'], { maxLength: 4 }),
});
// Quarters of an hour, here and above, so that a walk by quarters misses nothing: no zone is off by less. Half of them in the days in which clocks change.
const quarterIn = (from: string, to: string) =>
  fc.integer({ min: Date.parse(from) / QUARTER, max: Date.parse(to) / QUARTER }).map((n) => n * QUARTER);
const moment = fc.oneof(
  quarterIn('2026-01-01T00:00Z', '2027-12-31T00:00Z'),
  quarterIn('2026-03-27T00:00Z', '2026-03-30T00:00Z'),
  quarterIn('2026-04-02T00:00Z', '2026-04-06T00:00Z'),
  quarterIn('2026-10-02T00:00Z', '2026-10-05T00:00Z'),
  quarterIn('2026-10-23T00:00Z', '2026-11-02T00:00Z'),
);
const aCase = fc.record({
  preferences,
  now: moment,
  quartersLeft: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 400 })),
});
type Case = typeof aCase extends fc.Arbitrary<infer Value> ? Value : never;

const subjectOf = ({ preferences: given, now, quartersLeft }: Case) =>
  aSubject({ preferences: given, delivery: { scheduled_time: new Date(now + quartersLeft * QUARTER) } });

/** The rules once more, naively: read the clock on the customer's wall at one instant. */
function isWaking(at: number, timezone: string): boolean {
  const zones = DateTime.fromMillis(at, { zone: timezone }).isValid ? [timezone] : ['America/New_York', 'Pacific/Honolulu'];
  return zones.every((zone) => {
    const { hour } = DateTime.fromMillis(at, { zone });
    return hour >= 8 && hour < 21;
  });
}

function isPreferred(at: number, { timezone = '', preferred_times = [], preferred_days = [] }: ContactPreferences): boolean {
  const local = DateTime.fromMillis(at, { zone: timezone });
  if (!local.isValid) return isWaking(at, timezone);
  const reading = local.toFormat('HH:mm');
  const days = preferred_days.filter((day) => DAYS.includes(day));
  const times = preferred_times.map((text) => text.split('-')).filter(([from, to]) => to !== undefined && from !== to) as [
    string,
    string,
  ][];
  const inTimes = times.some(([from, to]) => (from < to ? reading >= from && reading < to : reading >= from || reading < to));
  return isWaking(at, timezone) && (days.length === 0 || days.includes(DAYS[local.weekday - 1] ?? '')) && (times.length === 0 || inTimes);
}

function walk({ now, quartersLeft }: Case, isRight: (at: number) => boolean): number | null {
  for (let n = 0; n < quartersLeft; n += 1) if (isRight(now + n * QUARTER)) return now + n * QUARTER;
  return null;
}

it('finds the same slot as a walk by quarters that reads the clock on the wall', () => {
  fc.assert(
    fc.property(aCase, (each) => {
      const expected = walk(each, (at) => isPreferred(at, each.preferences)) ?? walk(each, (at) => isWaking(at, each.preferences.timezone));
      const slot = nextSlot(subjectOf(each), new Date(each.now));
      expect(slot).toEqual(
        expected === null ? { kind: 'never', reason: 'no_slot_before_delivery' } : { kind: 'at', at: new Date(expected) },
      );
    }),
    { numRuns: 200 },
  );
});

it('names a moment at which the answer is now, and no earlier moment is one', () => {
  fc.assert(
    fc.property(aCase, fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (each, part) => {
      const subject = subjectOf(each);
      const verdict = mayContact(subject, new Date(each.now));
      fc.pre(verdict.kind === 'later');
      expect(mayContact(subject, verdict.at)).toEqual({ kind: 'now' });
      const between = new Date(each.now + Math.floor((verdict.at.getTime() - each.now) * part));
      expect(mayContact(subject, between)).toMatchObject({ kind: 'later', at: verdict.at });
      expect(mayContact(subject, new Date(verdict.at.getTime() - 1)).kind).toBe('later');
    }),
    { numRuns: 500 },
  );
});

it('is never at a quiet hour nor at or after the time of the delivery', () => {
  fc.assert(
    fc.property(aCase, (each) => {
      const subject = subjectOf(each);
      const slot = nextSlot(subject, new Date(each.now));
      if (slot.kind === 'never') return;
      expect(isWaking(slot.at.getTime(), each.preferences.timezone)).toBe(true);
      expect(slot.at < subject.delivery.scheduled_time).toBe(true);
    }),
    { numRuns: 500 },
  );
});
