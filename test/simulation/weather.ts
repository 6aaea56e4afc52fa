import type { Random } from './random.ts';

/** How bad the world is in one run. Probabilities; 0: it does not happen. Drawn anew for each seed, so that every fault is met alone and with all others. */
export interface Weather {
  /** Of each way to the database or a provider, in milliseconds, one direction. */
  latency(): number;
  /** Per step: something of `acts` befalls a process, a queue, a clock or a delivery. */
  act: number;
  acts: readonly Act[];
  /** Per way to the database: it fails, before its effect or after. */
  database: number;
  /** Per addition of a job: Redis refuses it. */
  redis: number;
  /** Per dial: the answer is lost before the call is made, or after; a 5xx; 429; refused. */
  dial: { lostBefore: number; lostAfter: number; limited: number; refused: number };
  /** Per other request at a provider. */
  provider: number;
  /** Per callback: never comes, comes twice, comes late. Per call: none of its callbacks comes. */
  callback: { lost: number; doubled: number; late: number; silent: number };
}

/** What can befall the world in the middle of it all. */
export type Act =
  | 'kill'
  | 'freeze'
  | 'freeze and flush'
  | 'flush'
  | 'lose job'
  | 'double job'
  | 'delay job'
  | 'clock jump'
  | 'cancel'
  | 'opt out'
  | 'kill switch'
  | 'database away'
  | 'redis away';

const ACTS: readonly Act[] = [
  'kill',
  'kill',
  'freeze',
  'freeze',
  'freeze and flush',
  'flush',
  'lose job',
  'double job',
  'double job',
  'delay job',
  'clock jump',
  'cancel',
  'opt out',
  'kill switch',
  'database away',
  'redis away',
];

const LATENCIES = {
  quick: (random: Random) => random.between(1, 15),
  uneven: (random: Random) => {
    const draw = random.next();
    if (draw < 0.9) return random.between(1, 60);
    return draw < 0.99 ? random.between(60, 2000) : random.between(2000, 12_000);
  },
  slow: (random: Random) => random.between(1, 3000),
};

export function drawWeather(random: Random): Weather {
  const latency = LATENCIES[random.pick(['quick', 'uneven', 'uneven', 'slow'] as const)];
  /** Each kind of fault is absent in every third run. */
  const maybe = (most: number) => (random.chance(1 / 3) ? 0 : random.between(0, most));
  return {
    latency: () => latency(random),
    act: maybe(0.05),
    acts: ACTS.filter(() => random.chance(0.6)),
    database: maybe(0.02),
    redis: maybe(0.1),
    dial: { lostBefore: maybe(0.2), lostAfter: maybe(0.3), limited: maybe(0.1), refused: maybe(0.1) },
    provider: maybe(0.2),
    callback: { lost: maybe(0.3), doubled: maybe(0.4), late: maybe(0.5), silent: maybe(0.3) },
  };
}

/** The faults are over: what follows must put everything in order. */
export function calmDown(weather: Weather, random: Random): void {
  weather.latency = () => LATENCIES.quick(random);
  weather.act = 0;
  weather.database = 0;
  weather.redis = 0;
  weather.dial = { lostBefore: 0, lostAfter: 0, limited: 0, refused: 0 };
  weather.provider = 0;
  weather.callback = { lost: 0, doubled: 0, late: 0, silent: 0 };
}
