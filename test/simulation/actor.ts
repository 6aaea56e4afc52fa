import type { Time } from '#src/platform/time.ts';
import type { RoundTrip } from '#test/support/memory/round-trip.ts';
import { MOST_SKEW_MS, type World } from './world.ts';

/** A process: what it does outside of itself takes a while, and may be the last thing it does. */
export interface Actor {
  readonly name: string;
  readonly time: Time;
  state(): 'running' | 'frozen' | 'dead';
  /** One way to a server and back: `effect` happens there, its answer comes later. */
  trip: RoundTrip;
  /** The same with answers that can be lost: `database` may fail before or after the effect, as the weather has it. */
  database: RoundTrip;
  /** Something comes to this process: at once, when it wakes, or never. */
  deliver(what: string, run: () => void): void;
  /** Goes off in this process. */
  timer(ms: number, what: string, run: () => void): { cancel(): void };
  kill(): void;
  freeze(): void;
  wake(): void;
  jumpClock(): void;
}

/** By its name `isDatabaseAway` knows it. */
class DatabaseAway extends Error {
  constructor() {
    super('the database is away');
    this.name = 'MongoNetworkError';
  }
}

export function createActor(name: string, world: World): Actor {
  const { random, scheduler, weather } = world;
  let state: 'running' | 'frozen' | 'dead' = 'running';
  let skewMs = random.between(-MOST_SKEW_MS, MOST_SKEW_MS) * (random.chance(0.5) ? 0.01 : 1);
  let held: [what: string, run: () => void][] = [];
  const nowMs = () => Math.round(scheduler.now() + skewMs);

  const deliver: Actor['deliver'] = (what, run) => {
    if (state === 'frozen') held.push([what, run]);
    else if (state === 'running') run();
  };

  const travel = <Result>(what: string, effect: () => Result, isAway: () => boolean): Promise<Result> =>
    new Promise((resolve, reject) => {
      if (state === 'dead') return;
      const label = `${name} ${what}`;
      scheduler.after(weather.latency(), label, () => {
        // What a process had under way when it died may have arrived, or not.
        if (state === 'dead' && random.chance(0.5)) return;
        world.last.what = what;
        world.last.process = name;
        let settle: () => void;
        try {
          const failing = isAway();
          if (failing && random.chance(0.5)) throw new DatabaseAway();
          const result = effect();
          if (failing) throw new DatabaseAway();
          settle = () => resolve(result);
        } catch (error) {
          const failure = error instanceof Error ? error : new Error(String(error));
          settle = () => reject(failure);
        }
        if (random.chance(0.7)) deliver(label, settle);
        else scheduler.after(weather.latency(), `${label}: answer`, () => deliver(label, settle));
      });
    });

  const databaseFails = () => {
    const fails = world.away.database > scheduler.now() || (weather.database > 0 && random.chance(weather.database));
    if (fails) world.counter.add('ways to the database that failed');
    return fails;
  };

  const timer: Actor['timer'] = (ms, what, run) => scheduler.after(ms, `${name} ${what}`, () => deliver(what, run));

  return {
    name,
    state: () => state,
    deliver,
    timer,
    trip: (what, effect) => travel(what, effect, () => false),
    database: (what, effect) => travel(what, effect, databaseFails),
    time: {
      now: () => new Date(nowMs()),
      span: (realMs) => realMs,
      until: (at) => Math.max(0, at.getTime() - nowMs()),
      wait: (realMs) => new Promise((resolve) => void timer(realMs, 'waits', resolve)),
      correctBy: async () => true,
      correct: async () => true,
    },
    kill() {
      state = 'dead';
      held = [];
    },
    freeze() {
      if (state === 'running') state = 'frozen';
    },
    wake() {
      if (state !== 'frozen') return;
      state = 'running';
      for (const [what, run] of held.splice(0)) scheduler.after(random.between(0, 20), `${name} wakes: ${what}`, () => deliver(what, run));
    },
    jumpClock() {
      skewMs = random.between(-MOST_SKEW_MS, MOST_SKEW_MS);
    },
  };
}
