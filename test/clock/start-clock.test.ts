import { afterEach, expect, it } from 'vitest';
import { startClock, type Clock } from '#src/clock/start-clock.ts';
import { reconcileTick, rollupTick, type Tick } from '#src/clock/ticks.ts';
import type { Producer } from '#queues/producer.ts';
import { createTime, SECOND } from '#src/platform/time.ts';
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
  const clock = await startClock(ticks, { db: await database, producer, time: createTime({ scale: 1, anchorMs: 0, offsetMs: 0 }), log });
  clocks.push(clock);
  return { clock, lines };
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
  ['reconcile', reconcileTick, 20 * SECOND],
  ['metrics-rollup', rollupTick, 30 * SECOND],
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
