import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { done, reject, skip } from '#workers/outcome.ts';
import { aBench, inTurn, throws, type Bench } from './a-bench.ts';

let bench: Bench;
beforeEach(async () => {
  bench = await aBench();
});
afterEach(async () => {
  await bench.close();
});

describe('how a run ends', () => {
  it.each([
    ['done', done()],
    ['skipped', skip('somebody else did it')],
  ])('%s: the job is completed and says so', async (_, outcome) => {
    bench.start(async () => outcome);
    await bench.add(1);
    expect(await bench.until('completed')).toMatchObject({ returnvalue: outcome });
  });

  it('rejected: the job has failed at once, with the reason, and an operator is told', async () => {
    const { work, seen } = inTurn(async () => reject('nobody knows this number'));
    bench.start(work);
    await bench.add(1);
    expect(await bench.until('failed')).toMatchObject({ failedReason: 'nobody knows this number', attemptsMade: 1 });
    expect(seen).toHaveLength(1);
    expect(bench.lines).toContainEqual(expect.objectContaining({ level: 50, reason: 'nobody knows this number' }));
  });

  it('thrown: it is tried again as often as the contract says; the last run knows that it is', async () => {
    const { work, seen } = inTurn(...Array.from({ length: 3 }, () => throws(new Error('it has stumbled'))));
    bench.start(work);
    await bench.add(1);
    expect(await bench.until('failed')).toMatchObject({ attemptsMade: 3, failedReason: 'it has stumbled' });
    expect(seen.map(([, { lastAttempt }]) => lastAttempt)).toEqual([false, false, true]);
  });

  it('a payload that does not fit has failed without the processor having seen it', async () => {
    const { work, seen } = inTurn();
    bench.start(work);
    await bench.add(1, 'normal', { n: 'one', traceId: 't' });
    expect(await bench.until('failed')).toMatchObject({ failedReason: 'the payload does not fit the contract', attemptsMade: 1 });
    expect(seen).toEqual([]);
  });
});

it('counts runs by how they ended', async () => {
  const { work } = inTurn(throws(new Error('once')));
  bench.start(work);
  await bench.add(1);
  await bench.until('completed');
  await bench.add(2, 'normal', { n: 'two', traceId: 't' });
  await bench.until('failed', 2);
  const { values } = await bench.metrics.jobs.get();
  expect(values).toMatchObject([
    { labels: { queue: 'thing', outcome: 'retried' }, value: 1 },
    { labels: { queue: 'thing', outcome: 'done' }, value: 1 },
    { labels: { queue: 'thing', outcome: 'rejected' }, value: 1 },
  ]);
});

it('counts one that used its last attempt as failed', async () => {
  bench.start(throws(new Error('always')));
  await bench.add(1);
  await bench.until('failed');
  const { values } = await bench.metrics.jobs.get();
  expect(values).toMatchObject([
    { labels: { outcome: 'retried' }, value: 2 },
    { labels: { outcome: 'failed' }, value: 1 },
  ]);
});

it('the urgent go first', async () => {
  await bench.add(1, 'low');
  await bench.add(2, 'normal');
  await bench.add(3, 'urgent');
  await bench.add(4, 'high');
  await bench.add(5, 'urgent');
  const { work, seen } = inTurn();
  bench.start(work);
  await bench.until('completed', 1);
  expect(seen.map(([payload]) => (payload as { n: number }).n)).toEqual([3, 5, 4, 2, 1]);
});
