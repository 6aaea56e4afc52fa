import type { Job } from 'bullmq';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { done } from '#workers/outcome.ts';
import { aBench, inTurn, never, type Bench } from './a-bench.ts';

let bench: Bench;
beforeEach(async () => {
  bench = await aBench();
});
afterEach(async () => {
  await bench.close();
});

describe('a run that lasts', () => {
  it('too long gives up its place, even if it ignores its signal', async () => {
    const { work, seen } = inTurn(never);
    bench.start(work, { timeoutMs: 60 });
    await bench.add(1, 'urgent');
    await bench.add(2);
    await bench.until('completed', 2);
    expect(seen[0]?.[1].signal.reason).toMatchObject({ name: 'JobTooLong' });
    expect(await bench.until('completed', 1)).toMatchObject({ attemptsMade: 2 }); // this costs one
  });

  it('too long while the database answers nobody comes again, and costs no attempt', async () => {
    const { work, seen } = inTurn(never);
    bench.start(work, { timeoutMs: 60 });
    bench.database.answers = false;
    await bench.add(1);
    const job = await bench.until('delayed');
    expect(job).toMatchObject({ attemptsMade: 0 });
    expect(seen[0]?.[1].signal.reason).toMatchObject({ name: 'DatabaseSilent' });
    await job.promote();
    expect(await bench.until('completed')).toMatchObject({ attemptsMade: 1 });
  });

  it('when its process must stop goes back as it was, and costs no attempt', async () => {
    const { work, seen } = inTurn(never);
    const worker = bench.start(work);
    await bench.add(1, 'high');
    await expect.poll(() => seen.length).toBe(1);
    const closed = worker.close();
    bench.stop.abort(new Error('the grace period is over'));
    await closed;
    const job = (await bench.queue.getJob('thing-1')) as Job;
    expect(['waiting', 'prioritized']).toContain(await job.getState());
    expect(job).toMatchObject({ attemptsMade: 0, priority: 2 });
    expect(job.stalledCounter).toBe(0);
  });

  it('shorter than the grace period ends in peace, and no other job is taken', async () => {
    let open = (): void => undefined;
    const gate = new Promise<void>((resolve) => (open = resolve));
    const { work, seen } = inTurn(async () => {
      await gate;
      return done();
    });
    const worker = bench.start(work);
    await bench.add(1);
    await bench.add(2);
    await expect.poll(() => seen.length).toBe(1);
    const closed = worker.close();
    open();
    await closed;
    expect(await bench.queue.getJobState('thing-1')).toBe('completed');
    expect(['waiting', 'prioritized']).toContain(await bench.queue.getJobState('thing-2'));
  });
});
