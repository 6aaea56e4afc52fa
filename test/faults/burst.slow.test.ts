import { beforeAll, describe, expect, it, vi } from 'vitest';
import { faultsInTheBooks, unfinished } from '#test/stories/account.ts';
import { anOrder, submitMany } from '#test/stories/submit.ts';
import { figure } from '#test/support/figures.ts';
import { startWorld, type World } from '#test/support/stack.ts';

// A burst of deliveries against Twilio's limit of calls per second. The queue of calls is paused while the burst comes in, so that all of
// it is waiting when the dialing begins. What the provider saw is judged by its own clock.

const WAIT = { timeout: 120_000, interval: 100 };

const callsIn = ({ simulator }: World) =>
  simulator.log.entries({ kind: 'call' }).map(({ realAt, to }) => ({ at: Date.parse(realAt), to: String(to) }));

describe('row 30: a burst of 300 deliveries at 20 calls a second', () => {
  const PRIORITIES = ['low', 'normal', 'high', 'normal', 'urgent'] as const;
  const DELIVERIES = 300;
  const CPS = 20;
  const CONCURRENCY = 10;
  const AT_A_TIME = 8;
  /** So many calls may be on the way from their turn to Twilio at a time; real milliseconds. */
  const ON_THE_WAY_MS = 1000;

  let world: World;
  let backlog = 0;
  const latencies: number[] = [];
  const urgent = new Set<string>();

  beforeAll(async () => {
    world = await startWorld({ env: { TWILIO_CPS: String(CPS), WORKER_CONCURRENCY: String(CONCURRENCY) } });
    await world.queue('call').pause();

    const orders = Array.from({ length: DELIVERIES }, (_, index) => {
      const priority = PRIORITIES[index % PRIORITIES.length];
      const order = anOrder(world, { person: 'confirm', fields: { priority } });
      if (priority === 'urgent') urgent.add(order.phone);
      return order;
    });
    const send = async (): Promise<void> => {
      for (let order = orders.shift(); order; order = orders.shift()) {
        const { status, text, ms } = await world.request('POST', '/v1/deliveries', { body: order.body });
        expect(status, text).toBe(202);
        latencies.push(ms);
      }
    };
    await Promise.all(Array.from({ length: AT_A_TIME }, send));

    await vi.waitUntil(async () => {
      const { text } = await world.request('GET', '/metrics');
      const held = [...text.matchAll(/^queue_jobs\{queue="call",state="(\w+)"\} (\d+)$/gm)];
      backlog = held
        .filter(([, state]) => state !== 'completed' && state !== 'failed')
        .reduce((sum, [, , count]) => sum + Number(count), 0);
      return backlog === DELIVERIES;
    }, WAIT);
    await world.queue('call').resume();
    await vi.waitUntil(async () => (await unfinished(world)).length === 0, WAIT).catch(() => undefined);
  }, 300_000);

  it('tells by its gauge how many calls wait', () => {
    figure(30, 'calls waiting by the gauge', backlog, `of ${DELIVERIES}`);
    expect(backlog).toBe(DELIVERIES);
  });

  it('calls everybody, once', async () => {
    expect(await unfinished(world)).toEqual([]);
    expect(callsIn(world)).toHaveLength(DELIVERIES);
    expect(await faultsInTheBooks(world)).toEqual([]);
  });

  it('never dials faster than the limit', () => {
    const times = callsIn(world).map(({ at }) => at);
    const most = Math.max(...times.map((from) => times.filter((at) => at >= from && at < from + 1000).length));
    figure(30, 'calls in the busiest second', most, `at a limit of ${CPS}`);
    // In any stretch of time: as many turns as it has, and those that were on their way when it began.
    const early = times.map((at, index) => index * (1000 / CPS) - (at - (times[0] ?? 0)));
    figure(30, 'a call is early by at most', Math.round(Math.max(...early)), 'ms');
    expect(Math.max(...early)).toBeLessThanOrEqual(ON_THE_WAY_MS);
  });

  it('calls the urgent first', () => {
    const positions = callsIn(world).flatMap(({ to }, index) => (urgent.has(to) ? [index] : []));
    figure(30, 'the last of 60 urgent calls was number', (positions.at(-1) ?? 0) + 1);
    // Jobs that are taken together may overtake each other on the way.
    expect(positions.at(-1)).toBeLessThan(urgent.size + CONCURRENCY);
  });

  it('answers the last of the burst as quickly as the first', () => {
    const p99 = (all: number[]) => all.toSorted((a, b) => a - b)[Math.floor(all.length * 0.99)] ?? 0;
    const [first, last] = [p99(latencies.slice(0, DELIVERIES / 2)), p99(latencies.slice(DELIVERIES / 2))];
    figure(30, 'p99 of POST /v1/deliveries, first half', Math.round(first), 'ms');
    figure(30, 'p99 of POST /v1/deliveries, second half', Math.round(last), 'ms');
    expect(last).toBeLessThan(3 * first + 250);
  });
});

describe('row 30: the default limit of one call a second', () => {
  const DELIVERIES = 10;
  /** From its turn to Twilio's door one call takes longer than another, on a busy machine by hundreds of milliseconds: turns are a second apart, arrivals nearly. */
  const ON_THE_WAY_MS = 500;

  it('leaves a second between two calls', async () => {
    const world = await startWorld({ env: { TWILIO_CPS: '1' } });
    await submitMany(world, DELIVERIES, { person: 'confirm' });
    await vi.waitUntil(() => callsIn(world).length === DELIVERIES, WAIT);
    const times = callsIn(world).map(({ at }) => at);
    const gaps = times.slice(1).map((at, index) => at - (times[index] ?? 0));
    const mean = ((times.at(-1) ?? 0) - (times[0] ?? 0)) / gaps.length;
    figure(30, 'mean gap between two calls at one a second', Math.round(mean), 'ms');
    figure(30, 'shortest gap', Math.min(...gaps), 'ms');
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(1000 - ON_THE_WAY_MS);
    // What one call was late, the next one is early: over all of them it evens out.
    expect(mean).toBeGreaterThanOrEqual(1000 - ON_THE_WAY_MS / gaps.length);
  }, 120_000);
});
