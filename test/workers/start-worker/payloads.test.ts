import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SECOND } from '#src/platform/time.ts';
import { aBench, contract, inTurn, type Bench } from './a-bench.ts';

let bench: Bench;
beforeEach(async () => {
  bench = await aBench();
});
afterEach(async () => {
  await bench.close();
});

describe('row 26: data that another hand put into Redis', () => {
  it.each([
    ['of 1 MB', JSON.stringify({ n: 1, traceId: 't', more: 'x'.repeat(1_000_000) }), 'the payload is larger than 4096 bytes'],
    ['that is no JSON', '{"n":', 'the payload is no JSON object'],
    ['that is no object', '"text"', 'the payload is no JSON object'],
  ])('%s: the job fails at once and the data is gone; the processor has not seen it, and others run', async (_, data, failedReason) => {
    const { work, seen } = inTurn();
    await bench.add(1);
    await bench.add(2);
    await bench.putByHand(1, data);
    bench.start(work);
    expect(await bench.until('failed', 1)).toMatchObject({ failedReason, attemptsMade: 1, data: {} });
    await bench.until('completed', 2);
    expect(seen).toHaveLength(1);
    expect(JSON.stringify(bench.lines)).not.toContain('xxxx');
  });
});

describe('row 28: two releases side by side', () => {
  const later = { ...contract, version: 2, upgrade: { 1: (old: object) => ({ ...old, traceId: 'upgraded' }) } };

  it('a job of the later one is parked by the earlier, with an alert and at no cost, and done by the later', async () => {
    const earlier = inTurn();
    const worker = bench.start(earlier.work);
    await bench.add(1, 'normal', { n: 1, traceId: 't', v: 2 });
    const job = await bench.until('delayed');
    expect(job).toMatchObject({ attemptsMade: 0, data: { n: 1, traceId: 't', v: 2 } });
    expect(job.delay).toBeGreaterThanOrEqual(5 * SECOND);
    expect(bench.lines).toContainEqual(expect.objectContaining({ level: 50, alert: 'unknown_payload_version', version: 2, known: 1 }));
    await worker.close();
    const { work, seen } = inTurn();
    bench.start(work, { release: later });
    await job.promote();
    expect(await bench.until('completed')).toMatchObject({ attemptsMade: 1 });
    expect(seen.map(([payload]) => payload)).toEqual([{ n: 1, traceId: 't' }]);
    expect(earlier.seen).toEqual([]);
  });

  it('a job of the earlier one is upgraded by the later', async () => {
    const { work, seen } = inTurn();
    bench.start(work, { release: later });
    await bench.add(1);
    await bench.until('completed');
    expect(seen.map(([payload]) => payload)).toEqual([{ n: 1, traceId: 'upgraded' }]);
  });
});
