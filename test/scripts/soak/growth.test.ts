import { describe, expect, it } from 'vitest';
import { lineThrough, readGrowth } from '#scripts/soak/growth.ts';
import type { Sample } from '#scripts/soak/samples.ts';

const MB = 1024 * 1024;

/** A sample each five seconds for ten minutes. */
const samplesOf = (redisMemory: (index: number) => number, rss: (index: number) => Record<string, number> = () => ({})): Sample[] =>
  Array.from({ length: 120 }, (_, index) => ({
    at: index * 5,
    redisMemory: redisMemory(index),
    redisClients: 20,
    mongoConnections: 30,
    longestStream: 0,
    rss: rss(index),
  }));
const redis = (samples: Sample[]) => readGrowth(samples).find(({ what }) => what === 'Redis used_memory');

it('draws the line with the least squares', () => {
  const points = [0, 1, 2, 3].map((at) => ({ at, value: 5 + 2 * at }));
  expect(lineThrough(points)).toEqual({ mean: 8, slope: 2 });
  expect(lineThrough([{ at: 3, value: 4 }])).toEqual({ mean: 4, slope: 0 });
});

describe('what grows', () => {
  it('is memory that rises all the time', () => {
    expect(redis(samplesOf((index) => (50 + index) * MB))).toMatchObject({ grows: true, slope: expect.closeTo(720, 0) });
  });

  it('is not memory that goes up and down', () => {
    expect(redis(samplesOf((index) => (50 + 20 * Math.sin(index / 3)) * MB))).toMatchObject({ grows: false });
  });

  it('is not memory that rose while it got warm', () => {
    expect(redis(samplesOf((index) => Math.min(30 + index * 2, 80) * MB))).toMatchObject({ grows: false, mean: 80 });
  });

  it('is told of a process that was there all the time, and of no other', () => {
    const samples = samplesOf(
      () => 0,
      (index) => ({ 'worker 1': 100 * MB + index * MB, ...(index > 80 ? { 'worker 2': index * MB } : {}) }),
    );
    expect(readGrowth(samples).filter(({ what }) => what.startsWith('worker'))).toMatchObject([{ what: 'worker 1 RSS', grows: true }]);
  });
});
