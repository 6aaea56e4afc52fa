import { Registry } from 'prom-client';
import { beforeEach, describe, expect, it } from 'vitest';
import { showBooks } from '#src/clock/books-gauge.ts';
import { HOUR, SECOND } from '#src/platform/time.ts';
import { callSid } from '#test/support/fakes/telephony.ts';
import { after, noon, twoBooks, type TwoBooks } from './two-books.ts';

let books: TwoBooks;
beforeEach(async () => {
  books = await twoBooks();
});

describe('an operator', () => {
  it('is told the ids, and no phone number', async () => {
    books.atTwilio(callSid(900), '+12025558888', noon);
    await books.compare();
    expect(books.logged.lines).toMatchObject([
      { alert: 'call_books_difference', day: '2026-03-10', counts: { unknown_call: 1 }, ids: { unknown_call: [callSid(900)] } },
    ]);
    expect(JSON.stringify(books.logged.lines)).not.toContain('+1202');
  });

  it('sees the difference of today and yesterday in the metrics of every clock', async () => {
    books.atTwilio(callSid(900), '+12025558888', noon);
    await books.compare();
    const registry = new Registry();
    showBooks(registry, books.world.deps.books);
    expect(await registry.metrics()).toContain('call_books_difference{kind="unknown_call"} 1');
    expect(await registry.metrics()).toContain('call_books_difference{kind="missing_call"} 0');
    books.world.time.advance(48 * HOUR);
    expect(await registry.metrics()).not.toContain('call_books_difference{');
  });
});

it('asks MongoDB through indexes alone', async () => {
  for (let n = 0; n < 60; n += 1) await books.aBookedCall(after(noon, -26 * HOUR + n * SECOND));
  await books.aBookedCall(noon);
  books.atTwilio(callSid(900), '+12025558888', noon);
  const { db, deps } = books.world;
  await db.setProfilingLevel('all');
  await deps.books.known([callSid(900), callSid(901)]);
  await deps.books.earlierAttempt('+12025558888', noon);
  for await (const ended of deps.books.endedWithCall(noon, after(noon, HOUR))) expect(ended).toBeDefined();
  await db.setProfilingLevel('off');
  const profiles = await db.collection('system.profile').find({ op: 'query' }).toArray();
  await db.collection('system.profile').drop();
  expect(profiles.map(({ planSummary }) => planSummary)).toEqual([
    expect.stringContaining('IXSCAN'),
    expect.stringContaining('IXSCAN'),
    expect.stringContaining('IXSCAN'),
    expect.stringContaining('IXSCAN'),
  ]);
  expect(profiles.reduce((sum, { docsExamined }) => sum + Number(docsExamined), 0)).toBeLessThanOrEqual(2);
});
