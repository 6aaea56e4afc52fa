import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NOTIFICATION_KINDS } from '#src/domain/vocabulary.ts';
import { driverMessage } from '#src/domain/wording.ts';

const ana = { customerName: 'Ana Ruiz', address: '12 Elm Road, Denver' };

describe('what a driver reads', () => {
  it('names the customer, the place and what was agreed', () => {
    expect(driverMessage({ ...ana, kind: 'confirmed' })).toEqual({
      title: 'Confirmed: Ana Ruiz',
      body: '12 Elm Road, Denver: the customer expects you.',
    });
  });

  it('is what the customer asked for, in their words, on one line', () => {
    expect(driverMessage({ ...ana, kind: 'instructions', instructions: 'Side door,\n code 42' }).body).toBe(
      '12 Elm Road, Denver: Side door, code 42',
    );
  });

  it('says so where those words could not be read', () => {
    expect(driverMessage({ ...ana, kind: 'instructions', reason: 'Twilio has no recording' }).body).toContain('could not be read');
  });

  it.each([
    ['hung_up', 'hung up'],
    ['undialable', 'cannot be called'],
    ['retries_exhausted', 'did not answer'],
    ['calls_not_placed', 'could not be placed'],
    ['no_slot_before_delivery', 'no permitted time'],
    ['toString', 'was not reached'],
    [undefined, 'was not reached'],
  ])('says why nobody was reached: %s', (reason, words) => {
    expect(driverMessage({ ...ana, kind: 'not_reached', ...(reason === undefined ? {} : { reason }) }).body).toContain(words);
  });

  it('is different for each kind of news', () => {
    const bodies = NOTIFICATION_KINDS.map((kind) => driverMessage({ ...ana, kind }).body);
    expect(new Set(bodies).size).toBe(NOTIFICATION_KINDS.length);
  });

  it('fits a push message, whatever others wrote', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'é', '😀', ' ', '\n', '\u0000', '\u200f'), maxLength: 400, size: 'max' });
    fc.assert(
      fc.property(fc.constantFrom(...NOTIFICATION_KINDS), text, text, text, (kind, customerName, address, instructions) => {
        const { title, body } = driverMessage({ kind, customerName, address, instructions });
        expect(title.length).toBeLessThanOrEqual(80);
        expect(body.length).toBeLessThanOrEqual(300);
        expect(`${title}${body}`).not.toMatch(/\p{Cc}/u);
        expect(body.isWellFormed()).toBe(true);
      }),
    );
  });
});
