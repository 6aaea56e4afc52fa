import { beforeAll, describe, expect, it } from 'vitest';
import { planKills } from '#test/kills/plan.ts';
import { pointNames } from '#test/kills/points.ts';
import { runKills, type KillsResult } from '#test/kills/run.ts';
import { shareBeforeResult } from '#test/kills/show.ts';
import { figure } from '#test/support/figures.ts';
import { freshMongoUri, freshRedis } from '#test/support/services.ts';
import { atTheEnd } from '#test/support/stack.ts';

// Worker processes that kill themselves with SIGKILL at named points, under load: the small sister of `npm run kills`.

const SEED = '7';
const KILLS = 50;
const DELIVERIES = 90;

let result: KillsResult;

describe('rows 1 to 3, 21, 24: kill -9 of workers at named points, many times', () => {
  beforeAll(async () => {
    const redis = await freshRedis();
    result = await runKills({
      kills: KILLS,
      deliveries: DELIVERIES,
      seed: SEED,
      workers: 4,
      // No night falls, and nobody is to be left alone for long.
      scale: 100,
      people: 'quick',
      mongodbUri: freshMongoUri(),
      redisUrl: redis.url,
      queuePrefix: redis.prefix,
      own: (_name, close) => atTheEnd(close),
      onProgress: () => undefined,
      signal: new AbortController().signal,
    });
    figure(2, 'workers killed', result.kills.length);
    figure(2, 'of them between a claim and its recorded result', Math.round(100 * shareBeforeResult(result.kills)), '%');
    figure(2, 'calls doubled', result.books.doubled.length);
    figure(2, 'deliveries lost', result.books.lost.length);
    figure(2, 'from the last kill to the last ending', Math.round(result.settlingSeconds), 's');
  }, 600_000);

  it('killed as planned, at each point', () => {
    expect(result.accidents).toEqual([]);
    const byInstance = result.kills.toSorted((a, b) => a.instance - b.instance);
    expect(byInstance).toEqual(planKills(KILLS, SEED));
    expect(pointNames.filter((name) => !result.kills.some(({ point }) => point === name))).toEqual([]);
  });

  it('lost no delivery', () => {
    expect(result.books.submitted).toBeGreaterThanOrEqual(DELIVERIES);
    expect(result.books.lost).toEqual([]);
  });

  it('called nobody twice', () => {
    expect(result.books.doubled).toEqual([]);
    expect(result.books.withCall).toBe(result.books.calls);
  });

  it('left both accounts agreed on everything else', () => {
    expect(result.complaints).toEqual([]);
  });
});
