import { beforeAll, describe, expect, it } from 'vitest';
import { runSoak, type SoakResult } from '#scripts/soak/run.ts';
import type { Sample } from '#scripts/soak/samples.ts';
import { figure } from '#test/support/figures.ts';
import { atTheEnd } from '#test/support/stack.ts';

// One minute of `npm run soak`: whole processes, a redis-server and a mongod of its own, killed, stopped and emptied by a seed.

let result: SoakResult;
let samples: readonly Sample[] = [];

describe('row 31: a soak with faults, in short', () => {
  beforeAll(async () => {
    result = await runSoak({
      minutes: 1,
      seed: '5',
      rate: 1,
      scale: 300,
      faults: true,
      own: (_name, close) => atTheEnd(close),
      onComplaint: () => undefined,
      onProgress: () => undefined,
      onMeasured: (taken) => void (samples = taken),
      signal: new AbortController().signal,
    });
    figure(31, 'deliveries', result.submitted);
    figure(31, 'faults', result.faults.length);
    figure(31, 'deliveries lost', result.books.lost.length);
    figure(31, 'calls doubled', result.books.doubled.length);
  }, 600_000);

  it('was struck by faults of several kinds', () => {
    expect(new Set(result.faults.map(({ name }) => name)).size).toBeGreaterThan(3);
  });

  it('accounts for every delivery that was answered with 2xx', () => {
    expect(result.books.submitted).toBe(result.submitted);
    expect(result.books.lost).toEqual([]);
  });

  it('called nobody twice: calls at Twilio are the attempts that name one', () => {
    expect(result.books.doubled).toEqual([]);
    expect(result.books.withCall).toBe(result.books.calls);
  });

  it('has nothing else to complain of', () => {
    expect(result.complaints).toEqual([]);
  });

  it('took samples of memory and connections', () => {
    expect(samples.length).toBeGreaterThan(3);
    expect(Math.max(...samples.map(({ longestStream }) => longestStream))).toBeLessThanOrEqual(11_000);
  });
});
