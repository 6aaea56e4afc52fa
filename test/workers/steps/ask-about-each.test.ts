import { ObjectId } from 'mongodb';
import { expect, it } from 'vitest';
import { CircuitOpen, PermanentlyRefused, ProviderDown, RateLimited } from '#src/providers/errors.ts';
import { aJob } from '#test/support/world.ts';
import { askAboutEach } from '#workers/steps/ask-about-each.ts';

const down = new ProviderDown('telephony');

/** Asks about 30 items, of which these throw; which were asked about, which given to `failed`, and what was thrown in the end. */
async function asking(errors: Record<number, Error>) {
  const items = Array.from({ length: 30 }, (_, n) => ({ n, _id: new ObjectId() }));
  const asked: number[] = [];
  const failed: number[] = [];
  const ask = async ({ n }: { n: number }) => {
    asked.push(n);
    await Promise.resolve();
    if (errors[n]) throw errors[n];
  };
  const thrown = await askAboutEach(items, ask, async ({ n }) => void failed.push(n), aJob()).then(
    () => undefined,
    (error: unknown) => error,
  );
  return { asked, failed, thrown };
}

it('asks about all, whatever becomes of single ones', async () => {
  const { asked, failed, thrown } = await asking({ 3: down, 9: new PermanentlyRefused('telephony', 1), 20: down });
  expect(asked).toHaveLength(30);
  expect(failed).toEqual([3, 9, 20]);
  expect(thrown).toBeUndefined();
});

it('ends after three in a row that broke off; they go to the end of the line', async () => {
  const { asked, failed, thrown } = await asking(Object.fromEntries(Array.from({ length: 30 }, (_, n) => [n, down])));
  expect(thrown).toBe(down);
  expect(failed.length).toBeGreaterThanOrEqual(3);
  expect(asked.length).toBeLessThan(10);
});

it('ends at once when the circuit opens: the one that opened it goes to the end of the line, those not sent keep their places', async () => {
  const opened = new CircuitOpen('telephony', 5000, { cause: down });
  const notSent = new CircuitOpen('telephony', 2000);
  const { asked, failed, thrown } = await asking({ 0: opened, 1: notSent, 2: notSent, 3: notSent, 4: notSent });
  expect(thrown).toBe(opened);
  expect(failed).toEqual([0]);
  expect(asked).toEqual([0, 1, 2, 3, 4]);
});

it('ends at once when Twilio asks to slow down', async () => {
  const limited = new RateLimited('telephony', 1000);
  const { asked, failed, thrown } = await asking({ 0: limited });
  expect(thrown).toBe(limited);
  expect(failed).toEqual([]);
  expect(asked.length).toBeLessThan(15);
});
