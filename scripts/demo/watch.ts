import { setTimeout } from 'node:timers/promises';
import { isSettled, readStanding, type Standing, type Watched } from './standing.ts';

const LOOK_MS = 250;

export interface Watching extends Watched {
  accepted: number;
  /** How long nothing may move, and how long after the horizon the end may come; real milliseconds. */
  patienceMs: number;
  onStanding: (standing: Standing) => void;
}

/** Looks on until everything is settled; false when it never will be: nothing moves, or the time is over. */
export async function watch({ accepted, patienceMs, onStanding, ...watched }: Watching): Promise<boolean> {
  const giveUpAt = watched.realMs(watched.horizon) + 2 * patienceMs;
  let last = { fingerprint: '', at: Date.now() };
  for (;;) {
    const standing = await readStanding(watched);
    onStanding(standing);
    if (isSettled(standing, accepted)) return true;
    if (standing.fingerprint !== last.fingerprint) last = { fingerprint: standing.fingerprint, at: Date.now() };
    const quietSince = Math.max(last.at, standing.lastDueAt);
    if (Date.now() > Math.min(giveUpAt, quietSince + patienceMs)) return false;
    await setTimeout(LOOK_MS);
  }
}
