import type { Store } from '#test/support/memory/store.ts';
import type { Counter } from './counts.ts';
import type { Random } from './random.ts';
import type { Scheduler } from './scheduler.ts';
import type { Weather } from './weather.ts';

/** What everybody in a simulation shares. */
export interface World {
  random: Random;
  scheduler: Scheduler;
  store: Store;
  weather: Weather;
  counter: Counter;
  /** What happened last at a server, and for whom. */
  last: { what: string; process: string };
  /** Away until then, in epoch milliseconds. */
  away: { database: number; redis: number };
  /** A promise was broken: the run ends with this. The first one counts. */
  fail(what: string): void;
  trace(line: string): void;
}

/** How far a process's clock may be from the true time, in milliseconds. All of them follow the database's. */
export const MOST_SKEW_MS = 5000;
/** How long a request to dial can be under way before Twilio has it, in milliseconds: then the client has given up. */
export const MOST_DIAL_MS = 14_000;
