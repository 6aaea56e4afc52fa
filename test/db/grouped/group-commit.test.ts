import { expect, it } from 'vitest';
import { createGroupCommit, GroupFull, type Settled } from '#src/db/grouped/group-commit.ts';

/** A flush that the test lets end. */
function gated() {
  const flushes: { items: number[]; end: (results?: Settled<number>[]) => void; fail: (error: Error) => void }[] = [];
  const flush = (items: number[]) =>
    new Promise<Settled<number>[]>((resolve, reject) => {
      flushes.push({ items, end: (results) => resolve(results ?? items.map((item) => ({ ok: true, value: item * 10 }))), fail: reject });
    });
  return { flushes, flush };
}
const turn = () => new Promise((resolve) => setImmediate(resolve));

it('a lone caller waits for nobody', async () => {
  const { flushes, flush } = gated();
  const group = createGroupCommit(flush);
  const answer = group.submit(1);
  await turn();
  expect(flushes.map(({ items }) => items)).toEqual([[1]]);
  flushes[0]?.end();
  expect(await answer).toBe(10);
});

it('callers of the same moment share one flush; each gets its own answer', async () => {
  const { flushes, flush } = gated();
  const group = createGroupCommit(flush);
  const answers = Promise.all([1, 2, 3].map((item) => group.submit(item)));
  await turn();
  expect(flushes.map(({ items }) => items)).toEqual([[1, 2, 3]]);
  flushes[0]?.end();
  expect(await answers).toEqual([10, 20, 30]);
});

it('at most two flushes are under way; who comes meanwhile goes together with the next', async () => {
  const { flushes, flush } = gated();
  const group = createGroupCommit(flush);
  const answers: Promise<number>[] = [];
  for (const item of [1, 2, 3, 4, 5]) {
    answers.push(group.submit(item));
    await turn();
  }
  expect(flushes.map(({ items }) => items)).toEqual([[1], [2]]);
  flushes[1]?.end();
  await turn();
  expect(flushes.map(({ items }) => items)).toEqual([[1], [2], [3, 4, 5]]);
  for (const { end } of flushes) end();
  expect(await Promise.all(answers)).toEqual([10, 20, 30, 40, 50]);
});

it('one caller’s refusal is its own', async () => {
  const { flushes, flush } = gated();
  const group = createGroupCommit(flush);
  const answers = Promise.allSettled([1, 2].map((item) => group.submit(item)));
  await turn();
  const refusal = new Error('no');
  flushes[0]?.end([
    { ok: false, error: refusal },
    { ok: true, value: 20 },
  ]);
  expect(await answers).toEqual([
    { status: 'rejected', reason: refusal },
    { status: 'fulfilled', value: 20 },
  ]);
});

it('a flush that fails fails for its group, and the next one goes on', async () => {
  const { flushes, flush } = gated();
  const group = createGroupCommit(flush, { maxInFlight: 1 });
  const lost = Promise.allSettled([1, 2].map((item) => group.submit(item)));
  await turn();
  const next = group.submit(3);
  flushes[0]?.fail(new Error('away'));
  expect((await lost).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  await turn();
  flushes[1]?.end();
  expect(await next).toBe(30);
});

it('an item that is not answered is an error and no silence', async () => {
  const group = createGroupCommit(async () => []);
  await expect(group.submit(1)).rejects.toThrow('without this item');
});

it('a group has a size, and the queue an end: beyond it nothing is begun', async () => {
  const { flushes, flush } = gated();
  const group = createGroupCommit(flush, { maxInFlight: 1, maxItems: 2, maxWaiting: 3 });
  const first = group.submit(0);
  await turn();
  const answers = [1, 2, 3].map((item) => group.submit(item));
  await expect(group.submit(4)).rejects.toBeInstanceOf(GroupFull);
  flushes[0]?.end();
  await first;
  await turn();
  expect(flushes[1]?.items).toEqual([1, 2]);
  flushes[1]?.end();
  await turn();
  flushes[2]?.end();
  expect(await Promise.all(answers)).toEqual([10, 20, 30]);
});

it('tells when nothing is under way', async () => {
  const { flushes, flush } = gated();
  const group = createGroupCommit(flush);
  await group.idle();
  let idle = false;
  const answer = group.submit(1);
  const waiting = group.idle().then(() => (idle = true));
  await turn();
  expect(idle).toBe(false);
  flushes[0]?.end();
  await Promise.all([answer, waiting]);
  expect(idle).toBe(true);
});
