import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { startClock } from '#src/clock/start-clock.ts';
import { reconcileTick, rollupTick } from '#src/clock/ticks.ts';
import { createMetrics } from '#src/platform/metrics.ts';
import { createTime } from '#src/platform/time.ts';
import { emptyDatabase } from '#test/support/database.ts';
import { fakeProducer } from '#test/support/fakes/producer.ts';
import { figure } from '#test/support/figures.ts';
import { jsonLog } from '#test/support/json-log.ts';
import { startWorld, type World } from '#test/support/stack.ts';
import { faultsInTheBooks } from '#test/stories/account.ts';
import { submitMany, type Submitted } from '#test/stories/submit.ts';
import { mixed, untilAllHasEnded, wrongEndings } from './endings.ts';
import { startUpstream } from './steady-upstream.ts';

// Processes whose machine's clock is wrong by ten minutes, for BullMQ too, and clocks that boot all at once.

const TEN_MINUTES = 600_000;
const WAIT = { timeout: 120_000, interval: 250 };

/** For a process on a machine whose clock is wrong. */
const wrongBy = (ms: number) => ({
  NODE_OPTIONS: `--import=${fileURLToPath(new URL('shifted-clock.ts', import.meta.url))}`,
  TEST_CLOCK_SHIFT_MS: String(ms),
});

/** A worker process whose machine's clock is right until `set` makes it wrong by so much. */
async function workerWhoseClockIsSet(world: World, ms: number): Promise<{ set(): void }> {
  const { processes } = await world.startAgain({ processes: ['worker'], env: { ...wrongBy(ms), TEST_CLOCK_SET_BY: 'SIGUSR2' } });
  return { set: () => processes.find(({ name }) => name === 'worker')?.kill('SIGUSR2') };
}

const hourAt = (zone: string, at: Date): number =>
  Number(new Intl.DateTimeFormat('en', { hour: 'numeric', hourCycle: 'h23', timeZone: zone }).format(at));

const zoneOf = ({ body }: Submitted): string => (body['customer'] as { preferences: { timezone: string } }).preferences.timezone;

/** Calls that rang when it was not between 8 and 21 o'clock at the customer's, by the simulator's clock. */
function outsideTheirWindow({ simulator }: World, orders: readonly Submitted[]): string[] {
  const zones = new Map(orders.map((order) => [order.phone, zoneOf(order)]));
  return simulator.log.entries({ kind: 'call' }).flatMap(({ to, at }) => {
    const hour = hourAt(zones.get(String(to)) ?? 'UTC', new Date(at));
    return hour >= 8 && hour < 21 ? [] : [`a call at ${hour} o'clock, ${at}`];
  });
}

describe('row 25: clocks that are wrong by ten minutes', () => {
  it('one worker ahead, one behind, and a clock process behind: all is called, in the customer’s window', async () => {
    const world = await startWorld({ scale: 60, processes: ['web'] });
    await world.startAgain({ processes: ['worker'], env: wrongBy(TEN_MINUTES) });
    await world.startAgain({ processes: ['worker', 'clock'], env: wrongBy(-TEN_MINUTES) });
    // Their window opens within an hour of the scaled clock.
    const early = await submitMany(world, 15, { person: 'confirm', hour: 7 });
    const upstream = startUpstream(world, 200, mixed);
    await expect.poll(() => upstream.accepted.length, WAIT).toBeGreaterThan(60);
    await upstream.stop();
    const { undone } = await untilAllHasEnded(world, 150_000);
    expect(undone).toEqual([]);
    const outside = outsideTheirWindow(world, [...upstream.accepted, ...early]);
    figure(25, 'clocks ±10 min: calls outside the window', outside.length);
    figure(25, 'clocks ±10 min: deliveries through', upstream.accepted.length + early.length);
    expect(outside).toEqual([]);
    expect(await wrongEndings(world, upstream.accepted)).toEqual([]);
    expect(world.simulator.log.entries({ kind: 'call' }).filter(({ to }) => early.some(({ phone }) => phone === to))).toHaveLength(
      early.length,
    );
  }, 300_000);

  it('web ahead, the only worker behind: nobody is called too early, what is due at once is called at once', async () => {
    const world = await startWorld({ scale: 60, processes: ['clock'] });
    await world.startAgain({ processes: ['web'], env: wrongBy(TEN_MINUTES) });
    await world.startAgain({ processes: ['worker'], env: wrongBy(-TEN_MINUTES) });
    const early = await submitMany(world, 10, { person: 'confirm', hour: 7 });
    const upstream = startUpstream(world, 200, mixed);
    await expect.poll(() => upstream.accepted.length, WAIT).toBeGreaterThan(40);
    await upstream.stop();
    const ids = new Set(upstream.accepted.map(({ id }) => id));
    const open = async () =>
      (
        await world.db
          .collection('deliveries')
          .find({ 'contact.state': { $in: ['pending', 'contacting'] } })
          .toArray()
      ).filter(({ _id }) => ids.has(String(_id)));
    await expect.poll(async () => (await open()).length, WAIT).toBe(0);
    expect(outsideTheirWindow(world, [...upstream.accepted, ...early])).toEqual([]);
    for (const { id } of early) await world.request('POST', `/v1/deliveries/${id}/cancel`);
    const { undone } = await untilAllHasEnded(world, 60_000);
    expect(undone).toEqual([]);
    expect(await faultsInTheBooks(world)).toEqual([]);
  }, 300_000);

  it('a running worker’s clock is set ten minutes forward: nobody is called before their window opens, everybody then', async () => {
    const world = await startWorld({ scale: 60, processes: ['web', 'clock'] });
    const worker = await workerWhoseClockIsSet(world, TEN_MINUTES);
    worker.set();
    // By that clock it is afternoon, and their jobs are overdue.
    const early = await submitMany(world, 15, { person: 'confirm', hour: 7 });
    const { undone } = await untilAllHasEnded(world, 150_000);
    expect(undone).toEqual([]);
    const outside = outsideTheirWindow(world, early);
    figure(25, 'a running worker’s clock is set forward: calls outside the window, of 15', outside.length);
    expect(outside).toEqual([]);
    expect(world.simulator.log.entries({ kind: 'call' })).toHaveLength(early.length);
    expect(await faultsInTheBooks(world)).toEqual([]);
  }, 300_000);

  it('a running worker’s clock is set back to the afternoon: what waited until the night is called no more', async () => {
    // Five hours of this clock.
    const [scale, back] = [300, -60_000];
    const world = await startWorld({ scale, processes: ['web', 'clock'] });
    const worker = await workerWhoseClockIsSet(world, back);
    await world.queue('call').pause();
    const late = await submitMany(world, 15, { person: 'confirm', hour: 15 });
    await expect.poll(() => hourAt(zoneOf(late[0] as Submitted), world.now()), WAIT).toBe(21);
    worker.set();
    await world.queue('call').resume();
    const postponed = () => world.db.collection('deliveries').countDocuments({ 'contact.reason': 'quiet_hours' });
    await expect.poll(postponed, WAIT).toBe(late.length);
    const calls = world.simulator.log.entries({ kind: 'call' }).length;
    figure(25, 'a running worker’s clock is set back: calls in the night, of 15', calls);
    expect(calls).toBe(0);
    for (const { id } of late) await world.request('POST', `/v1/deliveries/${id}/cancel`);
    expect((await untilAllHasEnded(world, 60_000)).undone).toEqual([]);
  }, 300_000);
});

describe('row 27: four clocks boot at the same moment', () => {
  it('twenty times: there is one schedule for each tick', async () => {
    const time = createTime({ scale: 1, anchorMs: 0, offsetMs: 0 });
    let tooMany = 0;
    for (let boot = 0; boot < 20; boot += 1) {
      const db = await emptyDatabase();
      const start = () =>
        startClock([reconcileTick, rollupTick], { db, producer: fakeProducer(), time, log: jsonLog().log, metrics: createMetrics() });
      const clocks = await Promise.all([start(), start(), start(), start()]);
      await Promise.all(clocks.map((clock) => clock.stop()));
      const schedules = await db.collection('agendajobs').find().toArray();
      tooMany += schedules.length - 2;
      expect(schedules.map(({ name }) => String(name)).toSorted(), `boot ${boot}`).toEqual(['metrics-rollup', 'reconcile']);
    }
    figure(27, 'schedules too many after 20 boots of 4 clocks', tooMany);
  }, 180_000);

  it('as processes, with two workers: each window of the metrics is counted once, exactly', async () => {
    // A window of five minutes lasts five seconds here.
    const world = await startWorld({ scale: 60, processes: ['web', 'worker', 'worker', 'clock', 'clock', 'clock', 'clock'] });
    const schedules = (await world.db.collection('agendajobs').find().toArray()).map(({ name }) => String(name));
    expect(schedules).toHaveLength(new Set(schedules).size);
    const upstream = startUpstream(world, 150, mixed);
    await expect.poll(() => upstream.accepted.length, WAIT).toBeGreaterThan(60);
    await upstream.stop();
    expect((await untilAllHasEnded(world, 120_000)).undone).toEqual([]);

    const last = (await world.db.collection('callattempts').find().sort({ finished_at: -1 }).limit(1).toArray())[0]?.[
      'finished_at'
    ] as Date;
    const countedUntil = async () => (await world.db.collection('controls').findOne({ _id: 'metrics-rollup' as never }))?.['until'] as Date;
    const soFar = await countedUntil();
    // One more window, with which those before it are counted anew: what was written late is in.
    await expect.poll(async () => (await countedUntil()) > new Date(Math.max(last.getTime(), soFar.getTime())), WAIT).toBe(true);
    const points = await world.db.collection('systemmetrics').find({ metric_type: 'calls' }).toArray();
    const first = (await world.db.collection('systemmetrics').find().sort({ timestamp: 1 }).limit(1).toArray())[0]?.['timestamp'] as Date;
    // The first window that is counted begins when there were no calls yet, or some before it.
    const since = new Date(first.getTime() - TEN_MINUTES / 2);
    const ended = await world.db
      .collection('callattempts')
      .countDocuments({ finished_at: { $gte: since, $lt: await countedUntil() }, claimed_at: { $exists: true } });
    const counted = points.reduce((sum, { value }) => sum + Number(value), 0);
    figure(27, 'calls ended, and counted by the metrics', `${ended} and ${counted}`);
    expect(counted).toBe(ended);
    expect(await wrongEndings(world, upstream.accepted)).toEqual([]);
  }, 300_000);
});
