import { beforeEach, describe, expect, it } from 'vitest';
import { HOUR, SECOND } from '#src/platform/time.ts';
import { ProviderDown } from '#src/providers/errors.ts';
import { callSid } from '#test/support/fakes/telephony.ts';
import { after, midnight, noon, twoBooks, type TwoBooks } from './two-books.ts';

let books: TwoBooks;
beforeEach(async () => {
  books = await twoBooks();
});

describe('midnight parts nothing', () => {
  it.each([
    ['claimed in the last second, created in the first', -1, 1],
    ['created and started in the last seconds, ended after', -5, -4],
    ['waiting in Twilio’s queue for minutes', -30, 4 * 60],
  ])('%s', async (_, claimed, created) => {
    const attempt = await books.anEndedCall(after(midnight, claimed * SECOND), { finished_at: after(midnight, (created + 60) * SECOND) });
    books.atTwilio(attempt.call_sid ?? '', attempt.to_number, after(midnight, created * SECOND));
    for (const hours of [1, 3]) {
      books.world.time.set(after(midnight, hours * HOUR));
      await books.compare();
    }
    expect(Object.values(await books.found()).every((kinds) => Object.keys(kinds).length === 0)).toBe(true);
    const calls = await books.measured('call_books_calls');
    expect(calls.reduce((sum, [, value]) => sum + value, 0)).toBe(1);
  });

  it('an unknown call is found on one day alone', async () => {
    books.atTwilio(callSid(900), '+12025558888', after(midnight, -2 * SECOND)); // starts at midnight
    books.world.time.set(after(midnight, 3 * HOUR));
    await books.compare();
    expect(await books.found()).toMatchObject({ '2026-03-10': {}, '2026-03-11': { unknown_call: 1 } });
  });
});

describe('day by day', () => {
  it('a day is compared again until two hours after its end, and then no more', async () => {
    await books.anEndedCall(after(midnight, -HOUR));
    books.world.time.set(after(midnight, HOUR));
    await books.compare();
    expect(await books.today()).toEqual({ missing_call: 1 });
    expect(await books.alerts()).toEqual([1]);
    books.world.time.set(after(midnight, 2 * HOUR));
    await books.compare();
    expect(await books.alerts()).toEqual([2]);
    books.world.time.set(after(midnight, 3 * HOUR));
    await books.compare();
    expect(await books.alerts()).toEqual([2]);
    expect(await books.today()).toEqual({ missing_call: 1 });
  });

  it('what has settled meanwhile is no difference any more', async () => {
    const attempt = await books.anEndedCall(noon);
    await books.compare();
    expect(await books.today()).toEqual({ missing_call: 1 });
    books.atTwilio(attempt.call_sid ?? '', attempt.to_number, noon);
    await books.compare();
    expect(await books.today()).toEqual({});
  });

  it('days that were missed are made good, for a week', async () => {
    await books.compare();
    await books.anEndedCall(after(noon, 24 * HOUR));
    books.world.time.advance(5 * 24 * HOUR);
    await books.compare();
    expect((await books.found())['2026-03-11']).toEqual({ missing_call: 1 });
    expect(Object.keys(await books.found())).toHaveLength(7);
  });

  it('two runs at once find what one finds', async () => {
    books.atTwilio(callSid(900), '+12025558888', noon);
    books.world.time.set(after(midnight, 3 * HOUR));
    await Promise.all([books.compare(), books.compare()]);
    await books.compare();
    expect(await books.found()).toMatchObject({ '2026-03-10': { unknown_call: 1 }, '2026-03-11': {} });
  });

  it('a run that Twilio ends half way closes no day', async () => {
    books.world.telephony.failure = new ProviderDown('telephony');
    books.world.time.set(after(midnight, 3 * HOUR));
    await expect(books.compare()).rejects.toBeInstanceOf(ProviderDown);
    expect(await books.world.deps.books.closed.until()).toBeNull();
  });
});
