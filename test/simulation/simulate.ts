import { HOUR, MINUTE } from '#src/platform/time.ts';
import { createStore } from '#test/support/memory/store.ts';
import { act } from './acts.ts';
import { faultsInTheBooks } from './books.ts';
import { startClients } from './clients.ts';
import { createCounter, type Counts } from './counts.ts';
import { startFleet } from './fleet.ts';
import { seedIds } from './ids.ts';
import type { Mutant } from './mutants.ts';
import { replayFailed, replayForgotten } from './operator.ts';
import { createOutside } from './providers.ts';
import { createQueue } from './queue.ts';
import { seeded } from './random.ts';
import { watchChanges } from './rules-of-change.ts';
import { watchDialing } from './rules-of-dialing.ts';
import { unfinished, watchWork } from './rules-of-work.ts';
import { createScheduler } from './scheduler.ts';
import { startTicks } from './ticks.ts';
import { createTwilio } from './twilio.ts';
import { calmDown, drawWeather } from './weather.ts';
import { connectCallbacks } from './web.ts';
import { connectWorkers } from './workers.ts';
import type { World } from './world.ts';

export interface SimulationOptions {
  seed: number;
  /** Told of every step. */
  trace?: (line: string) => void;
  /** A rule that is broken on purpose. */
  mutant?: Mutant;
}

export interface SimulationResult {
  seed: number;
  steps: number;
  /** Of simulated time. */
  hours: number;
  counts: Counts;
  /** The first promise that was broken, and at which step. */
  failure?: string;
}

const MOST_STEPS = 60_000;
/** Longer than any delivery is in the future and any retry away. */
const LONGEST_CALM_MS = 7 * 24 * HOUR;
const MOST_REPLAYS = 6;
/** Around the dial, and where a delivery is told what became of it, everything is more likely to go wrong: that is where it matters. */
const HOT = /claim|dial|submitted|unknown|lookedUp|budget|turn|deliveries\.cancel|requestCancel|history|moveContact/;
const HOTTER = 5;
/** An ordinary afternoon, and the nights in which the clocks change. */
const BEGINNINGS = ['2026-03-10T14:00:00Z', '2026-03-07T22:00:00Z', '2026-10-31T21:00:00Z'];

/**
 * One installation in memory under one seed's weather: the real processors, routes' functions, reducer and reconcile, interleaved at
 * every way to a server. After a while the faults stop, and everything must come to an end. The same seed takes the same steps.
 */
export async function simulate({ seed, trace, mutant = {} }: SimulationOptions): Promise<SimulationResult> {
  const random = seeded(seed);
  const scheduler = createScheduler(Date.parse(random.pick(BEGINNINGS)) + random.between(0, 8 * HOUR), trace);
  const restore = seedIds(seed, scheduler.now);
  const { stackTraceLimit } = Error;
  // A stack costs more than all else that an error does here; who wants to see it traces the seed.
  if (!trace) Error.stackTraceLimit = 0;
  const weather = drawWeather(random);
  const { counts, ...counter } = createCounter();
  const broken: { first?: string } = {};
  const isBroken = () => broken.first !== undefined;
  const fail = (what: string) => {
    trace?.(`  BROKEN: ${what}`);
    broken.first ??= `step ${scheduler.steps()}: ${what}`;
  };
  const store = createStore(mutant.withoutIndex === undefined ? {} : { without: mutant.withoutIndex });
  const world: World = {
    random,
    scheduler,
    store,
    weather,
    counter: { counts, ...counter },
    last: { what: '', process: '' },
    away: { database: 0, redis: 0 },
    fail,
    trace: (line) => trace?.(line),
  };

  const twilio = createTwilio(world);
  const rules = watchDialing(world, twilio);
  twilio.onPlaced = rules.placed;
  watchChanges(world);
  const checkWork = watchWork(world);
  const queue = createQueue(world);
  const mutate = mutant.deps ?? ((deps) => deps);
  const fleet = startFleet({ world, queue, twilio, outside: createOutside(world), mutate: (deps, actor) => mutate(deps, actor, store) });
  const { double } = connectWorkers(queue, fleet.workers, world);
  connectCallbacks(twilio, fleet.webs, world);
  const clients = startClients(fleet.webs, world);
  const stage = { world, fleet, queue, clients, double };
  startTicks(queue, world);

  const step = async () => {
    const went = await scheduler.step();
    checkWork();
    return went && !isBroken();
  };
  try {
    const calmAt = scheduler.now() + random.pick([10 * MINUTE, HOUR, 5 * HOUR]) * random.next() + MINUTE;
    const mostSteps = 200 + random.int(1500);
    while (scheduler.now() < calmAt && scheduler.steps() < mostSteps && (await step())) {
      if (weather.acts.length === 0) continue;
      const hot = HOT.test(world.last.what);
      if (random.chance(weather.act * (hot ? HOTTER : 1))) act(random.pick(weather.acts), stage, hot);
      world.last.what = '';
    }

    trace?.('  the faults are over');
    calmDown(weather, random);
    world.away = { database: 0, redis: 0 };
    fleet.recover();
    const endBy = scheduler.now() + LONGEST_CALM_MS;
    const isLate = () => scheduler.steps() >= MOST_STEPS || scheduler.now() > endBy;
    for (let replays = 0; !isBroken();) {
      while (scheduler.busy() > 0 && !isLate() && (await step()));
      const open = unfinished(world);
      if (open.length === 0 || isBroken()) break;
      if (isLate()) fail(`P5: it does not come to an end: ${open.join('; ')}`);
      const replayed = replayFailed(queue, world) || replayForgotten(queue, world);
      if (replayed > 0 && (replays += 1) > MOST_REPLAYS) fail(`P5: replaying does not help: ${open.join('; ')}`);
      await step();
    }
    if (!isBroken()) for (const fault of faultsInTheBooks(world, twilio, clients)) fail(`books: ${fault}`);
  } catch (error) {
    fail(`the simulation itself: ${(error as Error).stack ?? String(error)}`);
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
    restore();
    await new Promise(setImmediate);
  }
  const hours = (scheduler.now() - Date.parse('2026-03-10')) / HOUR;
  return { seed, steps: scheduler.steps(), hours, counts, ...(broken.first === undefined ? {} : { failure: broken.first }) };
}
