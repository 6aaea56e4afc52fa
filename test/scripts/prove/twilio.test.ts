import { describe, expect, it } from 'vitest';
import { callSid } from '#test/support/fakes/telephony.ts';
import { twilioBooks } from '#scripts/prove/twilio.ts';
import { json, stubServer } from '#test/providers/stub-server.ts';
import { ACCOUNT, twilioOfADay, type StubCall } from './twilio-of-a-day.ts';

const noon = new Date('2026-03-10T12:00:00Z');
const DAY = '2026-03-10';
const five: StubCall[] = [1, 2, 3, 4, 5].map((n) => ({ sid: callSid(n), to: '+12025558888', created: noon }));

async function sids(books: ReturnType<typeof twilioBooks>): Promise<string[]> {
  const found: string[] = [];
  for await (const page of books.startedOn(DAY)) found.push(...page.map(({ sid }) => sid));
  return found;
}

describe('Twilio’s list of a day', () => {
  it('is read to its last page, by the parameters that Twilio documents', async () => {
    const { books, asked } = await twilioOfADay(five);
    expect((await sids(books)).toSorted()).toEqual(five.map(({ sid }) => sid));
    expect(asked).toHaveLength(3);
    expect(asked[0]).toContain('/Calls.json?From=%2B12025550000&StartTime=2026-03-10&PageSize=1000');
  });

  it('is waited for when Twilio says that it is asked too often', async () => {
    const { books, asked } = await twilioOfADay(five, [{ status: 429, retryAfter: '0' }, { status: 500 }]);
    expect(await sids(books)).toHaveLength(5);
    expect(asked).toHaveLength(5);
  });

  it('never sends our credentials to another address, whatever an answer names as the next page', async () => {
    const elsewhere = await stubServer(json(200, { calls: [] }));
    const twilio = await stubServer(json(200, { calls: [], next_page_uri: `${elsewhere.url}/next?Page=1` }), json(200, { calls: [] }));
    expect(await sids(twilioBooks({ ...ACCOUNT, apiUrl: twilio.url }))).toEqual([]);
    expect(twilio.received.map(({ target }) => target)).toEqual([expect.stringContaining('StartTime'), '/next?Page=1']);
    expect(elsewhere.received).toEqual([]);
  });

  it.each([
    ['401', 401, 'Twilio answered 401.'],
    ['404', 404, 'Twilio knows no such account'],
  ])('that is refused with %s proves nothing', async (_, status, message) => {
    const { books } = await twilioOfADay(five, [{ status }]);
    await expect(sids(books)).rejects.toThrow(message);
  });
});

it('a call that Twilio does not know is told from one that it does', async () => {
  const { books } = await twilioOfADay(five);
  expect(await books.find(callSid(3))).toMatchObject({ sid: callSid(3), status: 'completed' });
  expect(await books.find(callSid(9))).toBeNull();
});
