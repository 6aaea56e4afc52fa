import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { MongoServerError, type Db } from 'mongodb';

interface Lock {
  _id: string;
  holder: string;
  until: Date;
}

export interface LockOptions {
  /** A holder that has not renewed for so long is taken for dead. */
  leaseMs?: number;
  /** How long to wait for another holder. */
  waitMs?: number;
  onWait?: () => void;
}

const DUPLICATE_KEY = 11_000;
const LOOK_AGAIN_MS = 200;

/**
 * Runs `work` while no other process runs any under this lock; waits its turn first. Time is the server's, so that clocks may differ.
 * `work` gets a function that throws once the lock was lost (this process slept too long, and another one went on).
 * Throws when the turn does not come within `waitMs`.
 */
export async function withLock<T>(
  db: Db,
  { leaseMs = 30_000, waitMs = 600_000, onWait }: LockOptions,
  work: (assertHeld: () => void) => Promise<T>,
): Promise<T> {
  const locks = db.collection<Lock>('migrationlocks');
  const holder = randomUUID();
  const until = { $add: ['$$NOW', leaseMs] };
  const free = { $lte: ['$until', '$$NOW'] }; // true of a missing field too

  const take = async (): Promise<boolean> => {
    try {
      const lock = await locks.findOneAndUpdate(
        { _id: 'migrations' },
        [{ $set: { holder: { $cond: [free, holder, '$holder'] }, until: { $cond: [free, until, '$until'] } } }],
        { upsert: true, returnDocument: 'after' },
      );
      return lock?.holder === holder;
    } catch (error) {
      // Two made the lock's document in the same moment: this one was second.
      if (error instanceof MongoServerError && error.code === DUPLICATE_KEY) return false;
      throw error;
    }
  };

  const giveUpAt = Date.now() + waitMs;
  for (let waiting = false; !(await take()); waiting = true) {
    if (!waiting) onWait?.();
    if (Date.now() > giveUpAt) throw new Error('Another process is migrating this database and does not come to an end.');
    await sleep(LOOK_AGAIN_MS);
  }

  let held = true;
  const renew = setInterval(() => {
    locks.updateOne({ _id: 'migrations', holder }, [{ $set: { until } }]).then(
      ({ matchedCount }) => (held = matchedCount === 1),
      () => undefined, // the next renewal may succeed; if none does, the lease ends
    );
  }, leaseMs / 3);
  try {
    return await work(() => {
      if (!held) throw new Error('Another process took over while this one was not heard of.');
    });
  } finally {
    clearInterval(renew);
    await locks.deleteOne({ _id: 'migrations', holder });
  }
}
