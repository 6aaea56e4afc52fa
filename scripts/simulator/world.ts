import type { Clock } from './clock.ts';
import type { Faults } from './faults.ts';
import type { Log } from './log.ts';
import type { People } from './people.ts';

/** What every part of the simulator shares. */
export interface World {
  clock: Clock;
  log: Log;
  faults: Faults;
  people: People;
}
