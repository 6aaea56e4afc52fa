import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mayContact } from '#src/domain/contact-rules/may-contact.ts';
import { isRetried, planRetry } from '#src/domain/retry-plan.ts';
import { OUTCOMES, type Outcome } from '#src/domain/vocabulary.ts';
import { aSubject, MONDAY_10 } from './contact-rules/a-subject.ts';

type Given = NonNullable<Parameters<typeof aSubject>[0]>;
/** After the n-th attempt, of which so many were not placed: that it was one itself goes without saying. */
const plan = (outcome: Outcome, given: Given = {}, number = 1, notPlaced = outcome === 'not_placed' ? 1 : 0) =>
  planRetry({ outcome, next: aSubject({ ...given, attemptNumber: number + 1, notPlaced }) }, MONDAY_10);
const maxRetries = (max_retries: number): Given => ({ delivery: { max_retries } });
const minutesLater = (minutes: number) => new Date(MONDAY_10.getTime() + minutes * 60_000);

describe('another attempt', () => {
  it.each([
    ['not_placed', 5],
    ['busy', 10],
    ['failed', 15],
    ['no_answer', 60],
    ['voicemail', 120],
  ] as const)('follows %s after %i minutes', (outcome, minutes) => {
    expect(plan(outcome)).toEqual({ kind: 'retry', at: minutesLater(minutes), reason: outcome });
  });

  it('follows a refusal that may be the carrier’s fault on the next day, where the delivery waits for it', () => {
    const given = { outcome: 'undialable', nextDay: true } as const;
    const late = aSubject({ attemptNumber: 2, delivery: { scheduled_time: minutesLater(3 * 24 * 60) } });
    expect(planRetry({ ...given, next: late }, MONDAY_10)).toEqual({
      kind: 'retry',
      at: minutesLater(24 * 60),
      reason: 'undialable',
    });
    const soon = aSubject({ attemptNumber: 2, delivery: { scheduled_time: minutesLater(60) } });
    expect(planRetry({ ...given, next: soon }, MONDAY_10)).toEqual({ kind: 'give-up', reason: 'no_slot_before_delivery' });
  });

  it('comes no sooner than what went wrong is over', () => {
    const next = aSubject({ attemptNumber: 2 });
    const after = (minutes: number) => planRetry({ outcome: 'failed', next, atLeastMs: minutes * 60_000 }, MONDAY_10);
    expect(after(60)).toMatchObject({ kind: 'retry', at: minutesLater(60) });
    expect(after(1)).toMatchObject({ kind: 'retry', at: minutesLater(15) });
  });

  it('comes half as late again each time', () => {
    expect(plan('no_answer', {}, 2)).toMatchObject({ at: minutesLater(90) });
    expect(plan('no_answer', {}, 3)).toMatchObject({ at: minutesLater(135) });
  });

  it('comes half as late again for each that was not placed, and those that rang do not count', () => {
    expect(plan('not_placed', {}, 2, 2)).toMatchObject({ at: minutesLater(7.5) });
    expect(plan('not_placed', {}, 4, 2)).toMatchObject({ at: minutesLater(7.5) });
    expect(plan('no_answer', {}, 3, 2)).toMatchObject({ at: minutesLater(60) });
  });

  it('comes within a day, however many there were', () => {
    const nightless = { preferences: { preferred_times: ['00:00-24:00'] }, ...maxRetries(100) };
    expect(plan('voicemail', nightless, 50)).toEqual({ kind: 'retry', at: minutesLater(24 * 60), reason: 'voicemail' });
  });

  it('waits for an hour at which the customer may be called', () => {
    const evenings = { preferences: { preferred_times: ['19:00-20:00'] } };
    expect(plan('busy', evenings)).toMatchObject({ kind: 'retry', at: new Date('2026-07-06T23:00:00Z') });
  });

  it('is always at a moment at which the rules allow it', () => {
    const subject = aSubject({ preferences: { preferred_times: ['09:00-11:00'], preferred_days: ['monday', 'friday'] }, attemptNumber: 2 });
    fc.assert(
      fc.property(
        fc.constantFrom(...OUTCOMES.filter(isRetried)),
        fc.date({ min: MONDAY_10, max: new Date('2026-08-02T00:00:00Z'), noInvalidDate: true }),
        (outcome, now) => {
          const planned = planRetry({ outcome, next: subject }, now);
          if (planned.kind === 'retry') expect(mayContact(subject, planned.at)).toEqual({ kind: 'now' });
        },
      ),
    );
  });
});

describe('giving up', () => {
  it.each(OUTCOMES.filter((outcome) => !isRetried(outcome)))('is what follows %s', (outcome) => {
    expect(plan(outcome)).toEqual({ kind: 'give-up', reason: outcome });
  });

  it('follows the last attempt', () => {
    expect(plan('busy', {}, 3)).toMatchObject({ kind: 'retry' });
    expect(plan('busy', {}, 4)).toEqual({ kind: 'give-up', reason: 'retries_exhausted' });
    expect(plan('busy', maxRetries(0), 1)).toEqual({ kind: 'give-up', reason: 'retries_exhausted' });
  });

  it('does not follow an attempt not placed, until there were ten of them', () => {
    expect(plan('not_placed', maxRetries(0), 1)).toMatchObject({ kind: 'retry' });
    expect(plan('busy', maxRetries(0), 2, 1)).toEqual({ kind: 'give-up', reason: 'retries_exhausted' });
    expect(plan('not_placed', maxRetries(0), 9, 9)).toMatchObject({ kind: 'retry' });
    expect(plan('not_placed', maxRetries(0), 10, 10)).toEqual({ kind: 'give-up', reason: 'calls_not_placed' });
  });

  it('is for the reason that the contact rules give', () => {
    expect(plan('busy', { optedOut: true })).toEqual({ kind: 'give-up', reason: 'opted_out' });
    expect(plan('busy', { delivery: { status: 'cancelled' } })).toEqual({ kind: 'give-up', reason: 'delivery_cancelled' });
    expect(plan('busy', { delivery: { scheduled_time: MONDAY_10 } })).toEqual({ kind: 'give-up', reason: 'delivery_time_passed' });
  });

  it('follows when the next attempt would come too late for the delivery', () => {
    expect(plan('no_answer', { delivery: { scheduled_time: minutesLater(61) } })).toMatchObject({ kind: 'retry' });
    expect(plan('no_answer', { delivery: { scheduled_time: minutesLater(60) } })).toEqual({
      kind: 'give-up',
      reason: 'no_slot_before_delivery',
    });
  });
});
