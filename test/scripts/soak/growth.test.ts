import { describe, expect, it } from 'vitest';
import { floorOf, readGrowth } from '#scripts/soak/growth.ts';
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

it('takes the lower quartile for the floor', () => {
  expect(floorOf([9, 1, 5, 3, 7])).toBe(3);
  expect(floorOf([4])).toBe(4);
});

describe('what grows', () => {
  it('is memory that rises all the time', () => {
    expect(redis(samplesOf((index) => (50 + index) * MB))).toMatchObject({ grows: true, perHour: expect.closeTo(720, 0) });
  });

  it('is not memory that goes up and down', () => {
    expect(redis(samplesOf((index) => (50 + 20 * Math.sin(index / 3)) * MB))).toMatchObject({ grows: false });
  });

  it('is not memory that rose while it got warm', () => {
    expect(redis(samplesOf((index) => Math.min(30 + index * 2, 80) * MB))).toMatchObject({ grows: false, first: 80, last: 80 });
  });

  it('is not memory that climbs and falls back to where it was, wherever the samples begin', () => {
    for (let begin = 0; begin < 24; begin += 1)
      expect(redis(samplesOf((index) => (200 + 5 * ((index + begin) % 24)) * MB))).toMatchObject({ grows: false });
  });

  it('is memory that climbs and falls back, each time to a little more', () => {
    expect(redis(samplesOf((index) => (200 + index + 5 * (index % 24)) * MB))).toMatchObject({ grows: true });
  });

  it('is told of a process that was there all the time, and of no other', () => {
    const samples = samplesOf(
      () => 0,
      (index) => ({ 'worker 1': 100 * MB + index * MB, ...(index > 80 ? { 'worker 2': index * MB } : {}) }),
    );
    expect(readGrowth(samples).filter(({ what }) => what.startsWith('worker'))).toMatchObject([{ what: 'worker 1 RSS', grows: true }]);
  });
});
