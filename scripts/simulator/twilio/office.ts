import type { World } from '../world.ts';
import type { Callbacks } from './callbacks.ts';
import type { Store } from './store.ts';

/** What Twilio's half of the simulator shares: the world, what it remembers, and its way to call back. */
export interface Office extends World {
  accountSid: string;
  store: Store;
  callbacks: Callbacks;
  /** Scheme, host and port under which Twilio's API is reached. */
  origin: () => string;
  /** Work that outlasts what started it; the signal fires when the simulator stops. */
  background: (work: (signal: AbortSignal) => Promise<void>) => void;
}
