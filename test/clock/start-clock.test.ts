import { ReplyError } from 'ioredis';
import { afterEach, expect, it } from 'vitest';
import { startClock, type Clock } from '#src/clock/start-clock.ts';
import { booksTick, reconcileTick, rollupTick, type Tick } from '#src/clock/ticks.ts';
import type { Producer } from '#queues/producer.ts';
import { createMetrics } from '#src/platform/metrics.ts';
import { createTime, HOUR, SECOND } from '#src/platform/time.ts';
import { testClock } from '#test/support/clock.ts';
import { emptyDatabase } from '#test/support/database.ts';
import { fakeProducer } from '#test/support/fakes/producer.ts';
import { jsonLog } from '#test/support/json-log.ts';

const clocks: Clock[] = [];
afterEach(async () => {
  await Promise.all(clocks.splice(0).map((clock) => clock.stop()));
});

/** One tick a second, counted by the process that ran it. */
function everySecond(name: string) {
  const ticks: number[] = [];
  const tick: Tick = {
    name,
    pattern: '* * * * * *',
    enqueue: async () => void ticks.push(Date.now()),
  };
  return { tick, ticks };
}

async function aClock(ticks: Tick[], producer: Producer = fakeProducer()) {
  const { log, lines } = jsonLog();
  const metrics = createMetrics();
  const time = createTime({ scale: 1, anchorMs: 0, offsetMs: 0 });
  const clock = await startClock(ticks, { db: await database, producer, time, log, metrics });
  clocks.push(clock);
  return { clock, lines, metrics };
}
let database: ReturnType<typeof emptyDatabase>;

it('however many clocks run, a tick is one of theirs, and a clock that stops leaves the rest to the others', async () => {
  database = emptyDatabase();
  await database;
  const [first, second] = [everySecond('tick'), everySecond('tick')];
  const { clock } = await aClock([first.tick]);
  await aClock([second.tick]);
  const all = () => [...first.ticks, ...second.ticks].toSorted();
  await expect.poll(() => all().length).toBeGreaterThanOrEqual(4);
  const ticks = all();
  const seconds = ((ticks.at(-1) ?? 0) - (ticks[0] ?? 0)) / SECOND;
  expect(ticks.length).toBeLessThanOrEqual(Math.round(seconds) + 2);

  await clock.stop();
  const [before, others] = [first.ticks.length, second.ticks.length];
  await expect.poll(() => second.ticks.length).toBeGreaterThan(others + 1);
  expect(first.ticks).toHaveLength(before);
});

it('a tick that cannot be enqueued is told, and the next one comes', async () => {
  database = emptyDatabase();
  await database;
  let failures = 0;
  const tick: Tick = {
    name: 'failing',
    pattern: '* * * * * *',
    enqueue: async () => {
      failures += 1;
      throw new Error('Redis is away');
    },
  };
  const { lines } = await aClock([tick]);
  await expect.poll(() => failures).toBeGreaterThanOrEqual(2);
  expect(lines).toContainEqual(expect.objectContaining({ tick: 'failing', msg: 'tick not enqueued' }));
});

it.each([
  ['OOM', "OOM command not allowed when used memory > 'maxmemory'.", 1],
  ['MISCONF', 'MISCONF Errors writing to the AOF file: No space left on device', 1],
  ['away', 'Connection is closed.', 0],
])('rows 10 and 11: Redis that takes no writes wakes an operator (%s)', async (_name, words, alerts) => {
  database = emptyDatabase();
  await database;
  let failures = 0;
  const tick: Tick = {
    name: 'failing',
    pattern: '* * * * * *',
    enqueue: async () => {
      failures += 1;
      throw new ReplyError(words);
    },
  };
  const { lines, metrics } = await aClock([tick]);
  await expect.poll(() => lines.some(({ msg }) => msg === 'tick not enqueued') && failures > 0).toBe(true);
  const { values } = await metrics.alerts.get();
  expect(values.filter(({ labels, value }) => labels.alert === 'redis_refuses_writes' && value > 0)).toHaveLength(alerts);
});

it.each([
  ['reconcile', reconcileTick, 20 * SECOND],
  ['metrics-rollup', rollupTick, 30 * SECOND],
  ['books', booksTick, HOUR],
])('%s: the ticks of one period are one job, whichever clock makes them', async (name, tick, period) => {
  const producer = fakeProducer();
  const start = Math.ceil(Date.parse('2026-03-10T14:00:00Z') / period) * period;
  for (const ms of [0, 1, period - 1]) await tick.enqueue(producer, testClock(new Date(start + ms)));
  expect(producer.ids()).toHaveLength(1);
  await tick.enqueue(producer, testClock(new Date(start + period)));
  expect(producer.ids()).toHaveLength(2);
  expect(producer.jobs[0]?.name).toBe(name);
});

it('the roll-up’s job names an instant', async () => {
  const producer = fakeProducer();
  await rollupTick.enqueue(producer, testClock(new Date('2026-03-10T14:00:41Z')));
  expect(producer.jobs[0]?.payload).toMatchObject({ until: Date.parse('2026-03-10T14:00:30Z') });
});
