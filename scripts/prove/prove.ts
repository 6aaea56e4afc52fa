import type { Db } from 'mongodb';
import { proveAttempts } from './attempts.ts';
import { proveCalls } from './calls.ts';
import { proveDeliveries } from './deliveries.ts';
import type { Day, Difference, Proof } from './proof.ts';
import type { TwilioBooks } from './twilio.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
const GRACE_MS = 15 * 60 * 1000;
const REAL_GRACE_MS = 60 * 1000;

/** `name` as YYYY-MM-DD. `scale`: how many times faster than real time the clock is that gave `now`. */
export function dayOf(name: string, now: Date, scale: number): Day {
  const from = new Date(`${name}T00:00:00Z`);
  return { name, from, until: new Date(from.getTime() + DAY_MS), now, graceMs: Math.max(GRACE_MS, REAL_GRACE_MS * scale) };
}

/**
 * Proves one day (UTC) from MongoDB and Twilio's list of calls. Reads only, by queries and requests of its own: what it shared with the workers it
 * could not check. Both sides are matched by SID, whatever day they fall on, so midnight parts nothing.
 */
export async function prove(db: Db, twilio: TwilioBooks, day: Day): Promise<Proof> {
  const differences: Difference[] = [];
  const seen = new Set<string>();
  // Twilio first: an attempt that is read later may have a newer call, which is looked up; the other way round its call would be nobody's.
  const calls = await proveCalls(db, twilio, day, differences, seen);
  const attempts = await proveAttempts(db, twilio, day, differences, seen);
  const deliveries = await proveDeliveries(db, day, differences);
  return { day: day.name, readAt: day.now, deliveries, attempts, calls, differences };
}
