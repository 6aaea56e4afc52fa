import { beforeEach, describe, expect, it } from 'vitest';
import { deterministicId } from '#src/db/deterministic-id.ts';
import { newCallLog } from '#src/db/documents/call-log.ts';
import { HOUR, MINUTE, SECOND } from '#src/platform/time.ts';
import { PermanentlyRefused } from '#src/providers/errors.ts';
import { callSid } from '#test/support/fakes/telephony.ts';
import type { World } from '#test/support/world.ts';
import { after, noon, twoBooks, type TwoBooks } from './two-books.ts';

let books: TwoBooks;
beforeEach(async () => {
  books = await twoBooks();
});

describe('the ledger and Twilio’s list of calls', () => {
  it('agree: nothing is found, over as many pages as there are', async () => {
    for (let n = 0; n < 5; n += 1) await books.aBookedCall(after(noon, n * MINUTE));
    expect(await books.compare()).toEqual({ kind: 'done' });
    expect(await books.found()).toEqual({ '2026-03-09': {}, '2026-03-10': {} });
    expect(await books.measured('call_books_calls')).toContainEqual(['2026-03-10', 5]);
    expect(await books.measured('call_books_attempts')).toContainEqual(['2026-03-10', 5]);
    expect(await books.alerts()).toEqual([]);
  });

  it('a call that no attempt has', async () => {
    await books.aBookedCall(noon);
    books.atTwilio(callSid(900), '+12025558888', noon);
    await books.compare();
    expect(await books.today()).toEqual({ unknown_call: 1 });
  });

  it('a call to a customer whom we had called before, and not at that time', async () => {
    const { to_number } = await books.aBookedCall(noon);
    books.atTwilio(callSid(900), to_number, after(noon, 20 * MINUTE));
    await books.compare();
    expect(await books.today()).toEqual({ unknown_call: 1 });
  });

  it('a second call of an attempt, while its own went on', async () => {
    const { to_number } = await books.aBookedCall(noon);
    books.atTwilio(callSid(900), to_number, after(noon, 3 * SECOND));
    await books.compare();
    expect(await books.today()).toEqual({ second_call: 1 });
  });

  it('a second call of an attempt, dialed by a run that came too late and logged it', async () => {
    const attempt = await books.aBookedCall(noon);
    const log = {
      _id: deterministicId('call', callSid(900)),
      delivery_id: attempt.delivery_id,
      attempt_id: attempt._id,
      call_sid: callSid(900),
      status: 'completed' as const,
      from_number: '+12025550000',
      to_number: attempt.to_number,
    };
    await books.world.deps.callLogs.ensure(newCallLog(log, noon));
    books.atTwilio(callSid(900), attempt.to_number, after(noon, 20 * MINUTE));
    await books.compare();
    expect(await books.today()).toEqual({ second_call: 1 });
  });

  it.each([
    ['does not know', undefined],
    ['refuses to look up', new PermanentlyRefused('telephony', 20001)],
  ])('an attempt whose call Twilio %s', async (_, failure) => {
    const attempt = await books.anEndedCall(noon);
    const findCall: World['telephony']['findCall'] = async () => {
      if (failure) throw failure;
      return null;
    };
    await books.compare({ telephony: { ...books.world.telephony, findCall } });
    expect(await books.today()).toEqual({ missing_call: 1 });
    expect(books.logged.lines).toMatchObject([{ ids: { missing_call: [attempt._id.toHexString()] } }]);
  });

  it.each([
    ['another ending', 'busy', 'completed'],
    ['no ending', 'in-progress', 'completed'],
  ])('a log that says %s than Twilio', async (_, status, theirs) => {
    const attempt = await books.anEndedCall(noon);
    await books.world.db.collection('calllogs').updateOne({ attempt_id: attempt._id }, { $set: { status } });
    books.atTwilio(attempt.call_sid ?? '', attempt.to_number, noon, { status: theirs });
    await books.compare();
    expect(await books.today()).toEqual({ status: 1 });
  });

  it('a call that has never started is in no list, and is looked up by itself', async () => {
    const attempt = await books.anEndedCall(noon);
    await books.world.db.collection('calllogs').updateOne({ attempt_id: attempt._id }, { $set: { status: 'canceled' } });
    const { startTime: _, ...never } = {
      startTime: 0,
      callSid: attempt.call_sid ?? '',
      to: attempt.to_number,
      from: '',
      status: 'canceled',
    };
    books.world.telephony.calls.push(never);
    await books.compare();
    expect(await books.today()).toEqual({});
  });
});

describe('what is in motion is no difference', () => {
  it('a call that is younger than a quarter of an hour', async () => {
    books.atTwilio(callSid(900), '+12025558888', after(noon, HOUR - 14 * MINUTE));
    const attempt = await books.anEndedCall(after(noon, HOUR - 14 * MINUTE));
    await books.compare();
    expect(await books.today()).toEqual({});
    books.world.time.advance(2 * MINUTE);
    await books.compare();
    expect(await books.today()).toEqual({ unknown_call: 1, missing_call: 1 });
    expect(attempt.call_sid).toBeDefined();
  });

  it('a call of an attempt that does not know yet which call it is', async () => {
    const { to_number } = await books.world.aPlannedAttempt({ state: 'unknown', epoch: 1, claimed_at: noon, unknown_at: noon });
    books.atTwilio(callSid(900), to_number, noon);
    await books.compare();
    expect(await books.today()).toEqual({});
  });

  it('a call that goes on', async () => {
    const attempt = await books.world.aCall({ claimed_at: noon, submitted_at: noon });
    books.atTwilio(attempt.call_sid ?? '', attempt.to_number, noon, { status: 'in-progress' });
    await books.compare();
    expect(await books.today()).toEqual({});
  });
});
