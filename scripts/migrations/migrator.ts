import type { Db } from 'mongodb';
import { MongoDBStorage, Umzug } from 'umzug';
import { MIGRATIONS_COLLECTION, MIGRATIONS_FOLDER, migrationNames } from '#src/db/migrations-applied.ts';
import { withLock, type LockOptions } from './lock.ts';

interface Migration {
  up(db: Db): Promise<unknown>;
  down(db: Db): Promise<unknown>;
}

/** Applies what is pending, in order; returns the names. Any number may call it at once: one does the work, the others wait and find nothing to do. */
export async function migrate(db: Db, options: LockOptions = {}): Promise<string[]> {
  return withLock(db, options, async (assertHeld) => {
    const applied = await (await umzug(db, assertHeld)).up();
    return applied.map(({ name }) => name);
  });
}

/** Takes the last applied migration back; returns its name, or null when there is none. */
export async function migrateDown(db: Db, options: LockOptions = {}): Promise<string | null> {
  return withLock(db, options, async (assertHeld) => {
    const [reverted] = await (await umzug(db, assertHeld)).down();
    return reverted?.name ?? null;
  });
}

async function umzug(db: Db, assertHeld: () => void): Promise<Umzug<Db>> {
  const names = await migrationNames();
  const load = async (name: string) => (await import(new URL(`${name}.ts`, MIGRATIONS_FOLDER).href)) as Migration;
  const migrator = new Umzug<Db>({
    context: db,
    storage: new MongoDBStorage({ collection: db.collection(MIGRATIONS_COLLECTION) }),
    logger: undefined,
    migrations: names.map((name) => ({
      name,
      up: async () => (await load(name)).up(db),
      down: async () => (await load(name)).down(db),
    })),
  });
  migrator.on('migrating', assertHeld);
  migrator.on('reverting', assertHeld);
  return migrator;
}
