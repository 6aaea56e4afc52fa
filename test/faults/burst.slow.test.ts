import { setTimeout as delay } from 'node:timers/promises';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { faultsInTheBooks, unfinished } from '#test/stories/account.ts';
import { anOrder } from '#test/stories/submit.ts';
import { figure } from '#test/support/figures.ts';
import type { World } from '#test/support/stack.ts';
import { startWatchedWorld, type WatchedWorld } from './dial-watch.ts';
import { percentile, steadily, statuses, type Given } from './steady-load.ts';
import { startUpstreamThread } from './upstream.ts';

// A burst of deliveries against Twilio's limit of calls per second. The pace is judged where the requests come to Twilio's socket.

const WAIT = { timeout: 120_000, interval: 100 };

const callsIn = ({ simulator }: World) => simulator.log.entries({ kind: 'call' }).map(({ to }) => String(to));

/** How many calls wait, by the gauge: jobs that are neither done nor failed for good. */
async function waiting(world: World): Promise<number> {
  const { text } = await world.request('GET', '/metrics');
  return [...text.matchAll(/^queue_jobs\{queue="call",state="(\w+)"\} (\d+)$/gm)]
    .filter(([, state]) => state !== 'completed' && state !== 'failed')
    .reduce((sum, [, , count]) => sum + Number(count), 0);
}

const gapsOf = (times: readonly number[]): number[] => times.slice(1).map((at, index) => at - (times[index] ?? 0));

/** The most calls that came within any one second. */
const busiest = (times: readonly number[]): number =>
  Math.max(...times.map((from) => times.filter((at) => at >= from && at < from + 1000).length));

describe('row 30: a burst of 10,000 deliveries at one call a second, the urgent ones last', () => {
  const DELIVERIES = 10_000;
  const URGENT = 20;
  const BURST_PER_SECOND = 125;
  /** Upstream's usual pace, before, during and after the burst. */
  const USUAL_PER_SECOND = 20;
  const USUAL_SECONDS = 15;
  const CALLS_AFTERWARDS = 60;
  const CONCURRENCY = 10;
  /** Two measurements of one thing may differ by this on a busy machine. */
  const NOISE_MS = 100;
  const AREAS = [202, 212, 213, 305, 312, 404, 415, 503, 617, 702];

  let world: World;
  let dialedAt: WatchedWorld['dialedAt'];
  const given: Record<'before' | 'during' | 'after' | 'burst', Given[]> = { before: [], during: [], after: [], burst: [] };
  const urgent = new Set<string>();
  let calledBeforeUrgent = 0;
  const backlog = { gauge: 0, database: 0 };
  /** The furthest that the gauge was from the database while calls were made. */
  let furthest = 0;

  beforeAll(async () => {
    ({ world, dialedAt } = await startWatchedWorld({ scale: 60, env: { TWILIO_CPS: '1', WORKER_CONCURRENCY: String(CONCURRENCY) } }));
    const [usualUpstream, burstUpstream] = await Promise.all([startUpstreamThread(world, 'usual'), startUpstreamThread(world, 'burst')]);
    const { body: template } = anOrder(world, { person: 'confirm' });
    let ordered = 0;
    const order = (priority: string) => {
      const phone = `+1${AREAS[ordered % AREAS.length] ?? 0}555${String(Math.floor(ordered / AREAS.length)).padStart(4, '0')}`;
      ordered += 1;
      world.simulator.setNumber(phone, 'confirm');
      if (priority === 'urgent') urgent.add(phone);
      return { ...template, customer: { ...(template['customer'] as object), phone }, priority };
    };
    const orders = (count: number, priority = 'normal') => Array.from({ length: count }, () => order(priority));
    const asUsual = (seconds: number) => usualUpstream({ bodies: orders(seconds * USUAL_PER_SECOND), perSecond: USUAL_PER_SECOND });

    // A process answers its first requests slower than all that follow.
    await burstUpstream({ bodies: orders(3 * BURST_PER_SECOND), perSecond: BURST_PER_SECOND });
    await asUsual(2);
    given.before = await asUsual(USUAL_SECONDS);
    const bodies = [...orders(DELIVERIES - URGENT), ...orders(URGENT, 'urgent')];
    [given.during, given.burst] = await Promise.all([
      asUsual(DELIVERIES / BURST_PER_SECOND),
      burstUpstream({ bodies, perSecond: BURST_PER_SECOND }),
    ]);
    calledBeforeUrgent = callsIn(world).length;
    given.after = await asUsual(USUAL_SECONDS);

    const planned = () => world.db.collection('callattempts').countDocuments({ state: 'planned' });
    while (callsIn(world).length < calledBeforeUrgent + CALLS_AFTERWARDS) {
      furthest = Math.max(furthest, Math.abs((await waiting(world)) - (await planned())));
      await delay(2000);
    }
    await world.queue('call').pause(); // the rest is not waited for
    await vi.waitUntil(async () => (await world.queue('call').getActiveCount()) === 0, WAIT);
    Object.assign(backlog, { gauge: await waiting(world), database: await planned() });
  }, 300_000);

  it('accepts all of them', () => {
    expect(Object.values(given).map(statuses)).toEqual(
      [given.before, given.during, given.after, given.burst].map((all) => ({ 202: all.length })),
    );
    expect(given.burst).toHaveLength(DELIVERIES);
  });

  it('leaves a second between two calls, and not much more', async () => {
    const times = await dialedAt();
    expect(times).toHaveLength(callsIn(world).length);
    const gaps = gapsOf(times);
    const mean = ((times.at(-1) ?? 0) - (times[0] ?? 0)) / gaps.length;
    figure(30, 'calls watched at one a second', times.length);
    figure(30, 'shortest gap between two of them', Math.floor(Math.min(...gaps)), 'ms');
    figure(30, 'mean gap', Math.round(mean), 'ms');
    figure(30, 'longest gap', Math.round(Math.max(...gaps)), 'ms');
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(1000);
    expect(mean).toBeLessThan(1100);
  });

  it('calls the urgent first, though they came last', () => {
    const next = callsIn(world).slice(calledBeforeUrgent);
    const last = next.findLastIndex((to) => urgent.has(to)) + 1;
    figure(30, `the last of ${URGENT} urgent deliveries was called as number`, last, `of those after the burst of ${DELIVERIES}`);
    expect(next.filter((to) => urgent.has(to))).toHaveLength(URGENT);
    expect(last).toBeLessThanOrEqual(URGENT + CONCURRENCY); // jobs that were taken already go before
  });

  it('answers its API as quickly as before', () => {
    const p99 = Object.fromEntries(Object.entries(given).map(([when, all]) => [when, Math.round(percentile(all, 0.99))]));
    for (const [when, ms] of Object.entries(p99)) figure(30, `p99 of POST /v1/deliveries, ${when}`, ms, 'ms');
    const quarter = DELIVERIES / 4;
    const [first = NaN, last = NaN] = [given.burst.slice(0, quarter), given.burst.slice(-quarter)].map((part) => percentile(part, 0.99));
    figure(30, 'p99 in the first and the last quarter of the burst', `${first.toFixed(0)} and ${last.toFixed(0)}`, 'ms');
    expect(Math.max(...Object.values(p99))).toBeLessThan(250);
    // However many wait already.
    expect(last).toBeLessThan(first + NOISE_MS);
    expect(p99['after']).toBeLessThan((p99['before'] ?? NaN) + NOISE_MS);
  });

  it('tells by its gauge how many calls wait', () => {
    figure(30, 'calls waiting by the gauge', backlog.gauge, `of ${backlog.database} in the database`);
    figure(30, 'the gauge was off while calls were made by at most', furthest);
    expect(backlog.database).toBeGreaterThan(DELIVERIES - CALLS_AFTERWARDS);
    expect(backlog.gauge).toBe(backlog.database);
    expect(furthest).toBeLessThanOrEqual(CONCURRENCY);
  });

  it('keeps its books', async () => {
    await vi.waitFor(async () => expect(await faultsInTheBooks(world)).toEqual([]), WAIT);
  });
});

describe('row 30: a burst of 200 deliveries at ten calls a second', () => {
  const PRIORITIES = ['low', 'normal', 'high', 'normal', 'urgent'] as const;
  const DELIVERIES = 200;
  const CPS = 10;
  const CONCURRENCY = 10;

  let world: World;
  let dialedAt: WatchedWorld['dialedAt'];
  let backlog = 0;
  const urgent = new Set<string>();

  // The queue is paused while the burst comes in, so that all of it is waiting when the dialing begins.
  beforeAll(async () => {
    ({ world, dialedAt } = await startWatchedWorld({ env: { TWILIO_CPS: String(CPS), WORKER_CONCURRENCY: String(CONCURRENCY) } }));
    await world.queue('call').pause();
    await steadily(DELIVERIES, 100, async (index) => {
      const priority = PRIORITIES[index % PRIORITIES.length];
      const { phone, body } = anOrder(world, { person: 'confirm', fields: { priority } });
      if (priority === 'urgent') urgent.add(phone);
      const { status, text } = await world.request('POST', '/v1/deliveries', { body });
      expect(status, text).toBe(202);
    });
    await vi.waitUntil(async () => (backlog = await waiting(world)) === DELIVERIES, WAIT);
    await world.queue('call').resume();
    await vi.waitUntil(async () => (await unfinished(world)).length === 0, WAIT).catch(() => undefined);
  }, 300_000);

  it('tells by its gauge how many calls wait', () => {
    expect(backlog).toBe(DELIVERIES);
  });

  it('calls everybody, once', async () => {
    expect(await unfinished(world)).toEqual([]);
    expect(callsIn(world)).toHaveLength(DELIVERIES);
    expect(await faultsInTheBooks(world)).toEqual([]);
  });

  it('never dials faster than the limit, nor much slower', async () => {
    const times = await dialedAt();
    expect(times).toHaveLength(DELIVERIES);
    const pace = (1000 * (times.length - 1)) / ((times.at(-1) ?? 0) - (times[0] ?? 0));
    figure(30, 'calls in the busiest second', busiest(times), `at a limit of ${CPS}`);
    figure(30, 'calls a second', pace.toFixed(1), `at a limit of ${CPS}`);
    expect(busiest(times)).toBeLessThanOrEqual(CPS);
    expect(pace).toBeGreaterThan(0.8 * CPS);
  });

  it('calls the urgent first', () => {
    const positions = callsIn(world).flatMap((to, index) => (urgent.has(to) ? [index] : []));
    figure(30, `the last of ${urgent.size} urgent calls was number`, (positions.at(-1) ?? 0) + 1);
    // Jobs that are taken together may overtake each other on the way.
    expect(positions.at(-1)).toBeLessThan(urgent.size + CONCURRENCY);
  });
});
