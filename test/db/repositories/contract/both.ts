import { ObjectId, type Db, type Document } from 'mongodb';
import { createRepositories } from '#src/db/repositories/repositories.ts';
import { createWorkWalks, type WorkWalks } from '#src/db/repositories/work-walks.ts';
import { testClock, type TestClock } from '#test/support/clock.ts';
import { emptyDatabase } from '#test/support/database.ts';
import { memoryRepositories, type PipelineRepositories } from '#test/support/memory/repositories.ts';
import { atOnce } from '#test/support/memory/round-trip.ts';
import { createStore, type Store } from '#test/support/memory/store.ts';
import { memoryWorkWalks } from '#test/support/memory/work-walks.ts';

/** One database with the repositories on it: the real one, or that of the simulation. */
export interface Side {
  name: string;
  repositories: PipelineRepositories;
  time: TestClock;
  /** Writes it as it is, as an operator would. */
  put(collection: Collection, doc: Document): Promise<void>;
  /** All documents, by their ids. */
  all(collection: Collection): Promise<Document[]>;
  clear(collections?: readonly Collection[]): Promise<void>;
  /** That read so many documents at a time. */
  walksOf(page: number): WorkWalks;
}

/** MongoDB's names, and the store's. */
const TABLES = {
  agents: 'agents',
  callattempts: 'attempts',
  calllogs: 'callLogs',
  controls: 'controls',
  customers: 'customers',
  deliveries: 'deliveries',
  idempotencykeys: 'idempotencyKeys',
  notifications: 'notifications',
  optouts: 'optOuts',
  recordings: 'recordings',
  trackingevents: 'trackingEvents',
  webhookevents: 'webhookEvents',
} as const satisfies Record<string, keyof Store>;

export type Collection = keyof typeof TABLES;
const COLLECTIONS = Object.keys(TABLES) as Collection[];

export async function realSide(): Promise<Side> {
  const db: Db = await emptyDatabase();
  const time = testClock();
  return {
    name: 'MongoDB',
    repositories: createRepositories(db, time),
    time,
    put: async (collection, doc) => {
      await db.collection(collection).replaceOne({ _id: doc['_id'] }, doc, { upsert: true });
    },
    all: async (collection) => sorted(await db.collection(collection).find().toArray()),
    clear: async (collections = COLLECTIONS) => {
      await Promise.all(collections.map((collection) => db.collection(collection).deleteMany({})));
    },
    walksOf: (page) => createWorkWalks(db, page),
  };
}

export async function memorySide(): Promise<Side> {
  let store = createStore();
  const time = testClock();
  const side: Side = {
    name: 'memory',
    repositories: memoryRepositories(store, time),
    time,
    put: async (collection, doc) => {
      const table = store[TABLES[collection]] as unknown as { insert(doc: Document): unknown; remove(id: unknown): void };
      table.remove(doc['_id']);
      table.insert(doc);
    },
    all: async (collection) => sorted(store[TABLES[collection]].filter(() => true) as Document[]),
    clear: async () => {
      store = createStore();
      side.repositories = memoryRepositories(store, time);
    },
    walksOf: (page) => memoryWorkWalks(store, atOnce, page),
  };
  return side;
}

export const sorted = <Doc extends Document>(docs: Doc[]): Doc[] => docs.toSorted((a, b) => (String(a['_id']) < String(b['_id']) ? -1 : 1));

/** As values that compare: without the mark of the last guarded write, which only the real one leaves, and without what is not there. */
export function plain(value: unknown): unknown {
  if (value instanceof ObjectId) return value.toHexString();
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([field, inner]) => field !== 'revision' && inner !== undefined)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([field, inner]: [string, unknown]) => [field, plain(inner)]),
  );
}
