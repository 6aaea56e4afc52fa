import { describe, expect, it } from 'vitest';
import { allowedFrom, contactAfter, notificationFor } from '#src/domain/contact-moves.ts';
import { CONTACT_STATES, OUTCOMES, type ContactState } from '#src/domain/vocabulary.ts';

const ANSWERS = [
  ['1', 'confirmed'],
  ['2', 'instructed'],
  ['3', 'reschedule_requested'],
  ['9', 'opted_out'],
] as const;
const FOLLOWED_UP = ['busy', 'no_answer', 'failed', 'voicemail', 'undialable'] as const;
const contacting = { state: 'contacting' } as const;

describe('a contact', () => {
  it.each(['opted_out', 'cancelled'] as const)('that is %s stays so', (state) => {
    for (const target of CONTACT_STATES) expect(allowedFrom(target)).not.toContain(state);
  });

  it('may be cancelled or opted out of from everywhere else', () => {
    const others = CONTACT_STATES.filter((state) => state !== 'opted_out' && state !== 'cancelled');
    expect(allowedFrom('cancelled')).toEqual(others);
    expect(allowedFrom('opted_out')).toEqual(others);
  });

  it.each(['pending', 'contacting'] as const)('that is settled is not %s again', (target) => {
    expect(allowedFrom(target)).toSatisfy((from: ContactState[]) => from.every((state) => state === 'pending' || state === 'contacting'));
  });

  it.each(['unreachable', 'not_permitted'] as const)('is %s only while it is open', (target) => {
    expect(allowedFrom(target)).toEqual(['pending', 'contacting']);
  });
});

describe('after a call the contact', () => {
  it('is contacting while it lasts', () => {
    expect(contactAfter({ state: 'pending', reason: 'busy' }, {})).toEqual({ state: 'contacting' });
    expect(contactAfter(contacting, {})).toBeNull();
  });

  it.each(ANSWERS)('takes the answer of key %s at once and keeps it at the end', (choice, outcome) => {
    expect(contactAfter(contacting, { choice })).toEqual({ state: outcome });
    expect(contactAfter({ state: outcome }, { choice, outcome })).toBeNull();
  });

  it.each(FOLLOWED_UP)('waits for the retry plan after %s', (outcome) => {
    expect(contactAfter(contacting, { outcome })).toEqual({ state: 'pending', reason: outcome });
    expect(contactAfter({ state: 'pending', reason: outcome }, { outcome })).toBeNull();
  });

  it.each(['hung_up', 'canceled'] as const)('is unreachable after %s', (outcome) => {
    expect(contactAfter(contacting, { outcome })).toEqual({ state: 'unreachable', reason: outcome });
  });

  it('is opted out when Twilio says that the customer wants no calls', () => {
    expect(contactAfter(contacting, { outcome: 'opted_out' })).toEqual({ state: 'opted_out' });
  });

  it('takes an answer that is reported after it was given up', () => {
    expect(contactAfter({ state: 'unreachable', reason: 'hung_up' }, { choice: '1', outcome: 'confirmed' })).toEqual({
      state: 'confirmed',
    });
  });

  it('takes an answer in a call that one run had dialed as another refused it', () => {
    const refused = { state: 'not_permitted', reason: 'no_slot_before_delivery' } as const;
    expect(contactAfter(refused, { choice: '3' })).toEqual({ state: 'reschedule_requested' });
    expect(contactAfter(refused, {})).toBeNull();
    expect(contactAfter(refused, { outcome: 'busy' })).toBeNull();
  });

  it('takes a stronger answer and no weaker one', () => {
    expect(contactAfter({ state: 'confirmed' }, { choice: '3' })).toEqual({ state: 'reschedule_requested' });
    expect(contactAfter({ state: 'reschedule_requested' }, { choice: '1' })).toBeNull();
  });

  it.each(['cancelled', 'opted_out'] as const)('stays %s whatever the call says', (state) => {
    for (const outcome of OUTCOMES) expect(contactAfter({ state }, { outcome })).toBeNull();
    for (const [choice] of ANSWERS) expect(contactAfter({ state }, { choice })).toBeNull();
  });
});

describe('the driver is told', () => {
  it.each([
    ['1', 'confirmed'],
    ['2', null], // when the recording has been read
    ['3', 'reschedule'],
    ['9', 'opted_out'],
  ] as const)('of key %s: %s', (choice, kind) => {
    expect(notificationFor({ choice }, contacting)).toBe(kind);
  });

  it('that the customer was not reached when that is the end of it', () => {
    expect(notificationFor({ outcome: 'hung_up' }, contacting)).toBe('not_reached');
    for (const outcome of FOLLOWED_UP) expect(notificationFor({ outcome }, contacting)).toBeNull();
    expect(notificationFor({}, contacting)).toBeNull();
  });

  it('nothing by a call about a delivery that is cancelled', () => {
    expect(notificationFor({ choice: '1' }, { state: 'cancelled' })).toBeNull();
    expect(notificationFor({ outcome: 'canceled' }, { state: 'cancelled' })).toBeNull();
  });

  it('of the opt-out and not of the call that it ended', () => {
    expect(notificationFor({ choice: '9', outcome: 'opted_out' }, { state: 'opted_out' })).toBe('opted_out');
    expect(notificationFor({ outcome: 'opted_out' }, contacting)).toBe('opted_out');
    expect(notificationFor({ outcome: 'canceled' }, { state: 'opted_out' })).toBeNull();
  });
});
