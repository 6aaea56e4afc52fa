import type { Collection, Db } from 'mongodb';
import { expect, it, vi } from 'vitest';
import { withLock } from '#scripts/migrations/lock.ts';
import { emptyDatabase } from './migrated.ts';

interface Lock {
  _id: string;
  holder: string;
  until: Date;
}

it('lets one in at a time', async () => {
  const db = emptyDatabase();
  let inside = 0;
  const most: number[] = [];
  const work = async (): Promise<void> => {
    inside += 1;
    most.push(inside);
    await db.command({ ping: 1 });
    inside -= 1;
  };
  await Promise.all(Array.from({ length: 5 }, () => withLock(db, {}, work)));
  expect(most).toEqual([1, 1, 1, 1, 1]);
});

it('goes on when a holder is not heard of any more', async () => {
  const db = emptyDatabase();
  const locks = await leaveBehind(db, new Date(Date.now() + 60_000));
  const onWait = vi.fn(() => void locks.updateOne({ _id: 'migrations' }, { $set: { until: new Date() } }));
  await expect(withLock(db, { onWait }, async () => 'done')).resolves.toBe('done');
  expect(onWait).toHaveBeenCalledOnce();
});

it('says so when the turn does not come', async () => {
  const db = emptyDatabase();
  await leaveBehind(db, new Date(Date.now() + 60_000));
  await expect(withLock(db, { waitMs: 0 }, async () => 'done')).rejects.toThrow('does not come to an end');
});

it('renews its lease, and tells its work when another took over', async () => {
  const db = emptyDatabase();
  const locks = db.collection<Lock>('migrationlocks');
  await withLock(db, { leaseMs: 90 }, async (assertHeld) => {
    const first = await locks.findOne();
    await expect.poll(async () => (await locks.findOne())?.until.getTime()).toBeGreaterThan(first?.until.getTime() ?? Infinity);
    expect(assertHeld).not.toThrow();
    await locks.updateOne({ _id: 'migrations' }, { $set: { holder: 'another' } });
    await vi.waitFor(() => expect(assertHeld).toThrow('took over'));
  });
  // What the other one holds stays.
  expect(await locks.findOne()).toMatchObject({ holder: 'another' });
});

it('frees the lock when the work fails', async () => {
  const db = emptyDatabase();
  await expect(withLock(db, {}, () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
  await expect(withLock(db, { waitMs: 0 }, async () => 'done')).resolves.toBe('done');
});

async function leaveBehind(db: Db, until: Date): Promise<Collection<Lock>> {
  const locks = db.collection<Lock>('migrationlocks');
  await locks.insertOne({ _id: 'migrations', holder: 'killed', until });
  return locks;
}
