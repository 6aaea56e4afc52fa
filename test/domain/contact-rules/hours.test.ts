import { describe, expect, it } from 'vitest';
import { mayContact } from '#src/domain/contact-rules/may-contact.ts';
import type { ContactPreferences } from '#src/domain/contact-rules/subject.ts';
import { aSubject } from './a-subject.ts';

const at = (now: string, preferences: ContactPreferences = {}, scheduled = '2026-12-31T16:00:00Z') =>
  mayContact(aSubject({ preferences, delivery: { scheduled_time: new Date(scheduled) } }), new Date(now));
const now = { kind: 'now' };
const later = (when: string, reason: string) => ({ kind: 'later', at: new Date(when), reason });

describe('quiet hours', () => {
  it('end at 08:00 and begin at 21:00 where the customer is', () => {
    expect(at('2026-07-06T11:59:59.999Z')).toEqual(later('2026-07-06T12:00:00Z', 'quiet_hours'));
    expect(at('2026-07-06T12:00:00Z')).toEqual(now);
    expect(at('2026-07-07T00:59:59.999Z')).toEqual(now);
    expect(at('2026-07-07T01:00:00Z')).toEqual(later('2026-07-07T12:00:00Z', 'quiet_hours'));
  });

  it('follow the zone, also one that is off by a quarter of an hour', () => {
    const timezone = 'Asia/Kathmandu';
    expect(at('2026-07-06T02:14:59Z', { timezone })).toEqual(later('2026-07-06T02:15:00Z', 'quiet_hours'));
    expect(at('2026-07-06T02:15:00Z', { timezone })).toEqual(now);
  });

  it('hold against any wish', () => {
    expect(at('2026-07-06T10:30:00Z', { preferred_times: ['06:00-09:00'] })).toEqual(later('2026-07-06T12:00:00Z', 'quiet_hours'));
  });

  it('follow the clocks when they change', () => {
    // New York: the night to 8 March 2026 is an hour shorter, the one to 1 November an hour longer.
    expect(at('2026-03-08T03:00:00Z')).toEqual(later('2026-03-08T12:00:00Z', 'quiet_hours'));
    expect(at('2026-11-01T03:00:00Z')).toEqual(later('2026-11-01T13:00:00Z', 'quiet_hours'));
  });

  it('skip a date that the zone skips', () => {
    // Samoa went from 29 to 31 December 2011.
    const friday = { timezone: 'Pacific/Apia', preferred_days: ['friday', 'saturday'] };
    expect(at('2011-12-30T08:00:00Z', friday, '2012-01-10T00:00:00Z')).toEqual(later('2011-12-30T18:00:00Z', 'quiet_hours'));
  });
});

describe('wishes', () => {
  it('are days, whatever their capitals', () => {
    expect(at('2026-07-06T14:00:00Z', { preferred_days: ['Wednesday', 'FRIDAY'] })).toEqual(
      later('2026-07-08T12:00:00Z', 'preferred_days'),
    );
    expect(at('2026-07-10T14:00:00Z', { preferred_days: ['Wednesday', 'FRIDAY'] })).toEqual(now);
  });

  it('are times, up to the minute before their end', () => {
    const preferences = { preferred_times: ['09:00-10:00', '14:00-17:00'] };
    expect(at('2026-07-06T13:59:59Z', preferences)).toEqual(now);
    expect(at('2026-07-06T14:00:00Z', preferences)).toEqual(later('2026-07-06T18:00:00Z', 'preferred_times'));
    expect(at('2026-07-06T21:00:00Z', preferences)).toEqual(later('2026-07-07T13:00:00Z', 'preferred_times'));
  });

  it('may cross midnight, on preferred days only', () => {
    const preferences = { preferred_times: ['20:00-09:00'], preferred_days: ['monday'] };
    expect(at('2026-07-06T12:30:00Z', preferences)).toEqual(now);
    expect(at('2026-07-06T14:00:00Z', preferences)).toEqual(later('2026-07-07T00:00:00Z', 'preferred_times'));
    expect(at('2026-07-07T12:30:00Z', preferences)).toEqual(later('2026-07-13T12:00:00Z', 'preferred_days'));
  });

  it('may end at midnight', () => {
    expect(at('2026-07-07T00:30:00Z', { preferred_times: ['20:00-24:00'] })).toEqual(now);
  });

  it.each(['25:00-26:00', '9-12', '09:60-10:00', '10:00-10:00', '10:00-24:30', 'mornings', ''])(
    'that cannot be read (%s) change nothing',
    (bad) => {
      expect(at('2026-07-06T14:00:00Z', { preferred_times: [bad], preferred_days: ['someday'] })).toEqual(now);
      expect(at('2026-07-06T14:00:00Z', { preferred_times: ['15:00-16:00', bad], preferred_days: ['someday', 'monday'] })).toEqual(
        later('2026-07-06T19:00:00Z', 'preferred_times'),
      );
    },
  );

  it('give way when none of their hours is left before the delivery', () => {
    const tuesdays = { preferred_days: ['tuesday'] };
    expect(at('2026-07-06T14:00:00Z', tuesdays, '2026-07-06T16:00:00Z')).toEqual(now);
    expect(at('2026-07-06T04:00:00Z', tuesdays, '2026-07-06T16:00:00Z')).toEqual(later('2026-07-06T12:00:00Z', 'quiet_hours'));
    expect(at('2026-07-06T14:00:00Z', tuesdays, '2026-07-07T12:00:00.001Z')).toEqual(later('2026-07-07T12:00:00Z', 'preferred_days'));
  });

  it('that are all quiet hours give way', () => {
    expect(at('2026-07-06T14:00:00Z', { preferred_times: ['22:00-23:00'] })).toEqual(now);
  });
});

describe('a time zone', () => {
  it('that is missing is the default of the schema', () => {
    expect(mayContact({ ...aSubject(), customer: { preferences: {} } }, new Date('2026-07-06T11:00:00Z'))).toEqual(
      later('2026-07-06T12:00:00Z', 'quiet_hours'),
    );
  });

  it('that is unknown allows only hours that are quiet in none of the fifty states', () => {
    const timezone = 'Mars/Olympus';
    expect(at('2026-07-06T14:00:00Z', { timezone })).toEqual(later('2026-07-06T18:00:00Z', 'quiet_hours'));
    expect(at('2026-07-07T00:59:00Z', { timezone, preferred_times: ['09:00-10:00'] })).toEqual(now);
    expect(at('2026-07-07T01:00:00Z', { timezone })).toEqual(later('2026-07-07T18:00:00Z', 'quiet_hours'));
  });
});
