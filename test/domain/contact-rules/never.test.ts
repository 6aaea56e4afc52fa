import { describe, expect, it } from 'vitest';
import { mayContact } from '#src/domain/contact-rules/may-contact.ts';
import { aSubject, MONDAY_10 } from './a-subject.ts';

const verdictOn = (given: Parameters<typeof aSubject>[0]) => mayContact(aSubject(given), MONDAY_10);
const never = (reason: string) => ({ kind: 'never', reason });

describe('nobody is called', () => {
  it.each([
    ['cancelled', 'delivery_cancelled'],
    ['completed', 'delivery_completed'],
    ['failed', 'delivery_failed'],
  ] as const)('about a delivery that is %s', (status, reason) => {
    expect(verdictOn({ delivery: { status } })).toEqual(never(reason));
  });

  it.each([
    ['confirmed', 'contact_settled'],
    ['instructed', 'contact_settled'],
    ['reschedule_requested', 'contact_settled'],
    ['unreachable', 'contact_settled'],
    ['not_permitted', 'contact_settled'],
    ['opted_out', 'opted_out'],
    ['cancelled', 'delivery_cancelled'],
  ] as const)('once the contact is %s', (state, reason) => {
    expect(verdictOn({ delivery: { contact: { state } } })).toEqual(never(reason));
  });

  it('who opted out', () => {
    expect(verdictOn({ optedOut: true })).toEqual(never('opted_out'));
  });

  it('who wants messages only', () => {
    expect(verdictOn({ preferences: { contact_method: 'sms' } })).toEqual(never('channel_not_enabled'));
  });

  it('more often than max_retries says', () => {
    expect(verdictOn({ attemptNumber: 4 })).toEqual({ kind: 'now' });
    expect(verdictOn({ attemptNumber: 5 })).toEqual(never('retries_exhausted'));
    expect(verdictOn({ attemptNumber: 2, delivery: { max_retries: 0 } })).toEqual(never('retries_exhausted'));
  });

  it('more often than that, not counting the attempts of which it was proved that no phone rang', () => {
    const onlyOnce = { delivery: { max_retries: 0 } };
    expect(verdictOn({ ...onlyOnce, attemptNumber: 3, notPlaced: 2 })).toEqual({ kind: 'now' });
    expect(verdictOn({ ...onlyOnce, attemptNumber: 4, notPlaced: 2 })).toEqual(never('retries_exhausted'));
  });

  it('where call after call was not placed', () => {
    expect(verdictOn({ attemptNumber: 10, notPlaced: 9 })).toEqual({ kind: 'now' });
    expect(verdictOn({ attemptNumber: 11, notPlaced: 10 })).toEqual(never('calls_not_placed'));
  });

  it('at or after the time of the delivery', () => {
    const justBefore = new Date(MONDAY_10.getTime() + 1);
    expect(verdictOn({ delivery: { scheduled_time: justBefore } })).toEqual({ kind: 'now' });
    expect(verdictOn({ delivery: { scheduled_time: MONDAY_10 } })).toEqual(never('delivery_time_passed'));
  });

  it('when only quiet hours are left before the delivery', () => {
    const night = new Date('2026-07-07T02:00:00Z'); // 22:00
    const subject = aSubject({ delivery: { scheduled_time: new Date('2026-07-07T12:00:00Z') } }); // 08:00 exactly
    expect(mayContact(subject, night)).toEqual(never('no_slot_before_delivery'));
  });
});

describe('somebody is called', () => {
  it.each(['scheduled', 'assigned', 'in_transit'] as const)('about a delivery that is %s', (status) => {
    expect(verdictOn({ delivery: { status } })).toEqual({ kind: 'now' });
  });

  it.each(['call', 'both'] as const)('who wants %s', (contact_method) => {
    expect(verdictOn({ preferences: { contact_method } })).toEqual({ kind: 'now' });
  });

  it('while an earlier attempt is still being followed up', () => {
    expect(verdictOn({ delivery: { contact: { state: 'contacting' } } })).toEqual({ kind: 'now' });
  });
});

it('says why a customer was given up rather than that they were', () => {
  expect(verdictOn({ attemptNumber: 5, delivery: { contact: { state: 'unreachable' } } })).toEqual(never('retries_exhausted'));
});
