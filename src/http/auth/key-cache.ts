import type { ApiKeyRecord } from '#src/db/repositories/api-keys.ts';
import { SECOND } from '#src/platform/time.ts';
import { within } from '#src/platform/within.ts';

/** A revoked key is refused after so many milliseconds at the latest. */
const TTL = 10 * SECOND;
/** After so many it is read again in the background, so that a key in use never waits for the database. */
const REFRESH_AFTER = TTL / 2;
/** A request waits no longer: a fault on our side must be told within 250 ms. */
const PATIENCE = 200;
const MAX_KEYS = 10_000;

export interface KeyCache {
  /** The key's record, at most 10 s old; null when there is no such key. Rejects when the database does not answer in time. */
  find(hash: string): Promise<ApiKeyRecord | null>;
}

interface Entry {
  record: ApiKeyRecord | null;
  /** When its reading began. */
  readAt: number;
}

/**
 * Found keys in memory, and wrong ones as well: repeating either costs the database nothing. They are kept apart, so that a flood of wrong keys
 * pushes out no right one. `monotonic` is in milliseconds.
 */
export function createKeyCache(read: (hash: string) => Promise<ApiKeyRecord | null>, monotonic: () => number): KeyCache {
  const known = new Map<string, Entry>();
  const unknown = new Map<string, Entry>();
  const reading = new Map<string, Promise<ApiKeyRecord | null>>();

  const readNow = async (hash: string): Promise<ApiKeyRecord | null> => {
    const readAt = monotonic();
    const record = await read(hash);
    (record ? unknown : known).delete(hash);
    keep(record ? known : unknown, hash, { record, readAt });
    return record;
  };

  const readOnce = (hash: string): Promise<ApiKeyRecord | null> => {
    const running = reading.get(hash) ?? readNow(hash).finally(() => reading.delete(hash));
    reading.set(hash, running);
    return running;
  };

  return {
    async find(hash) {
      const entry = known.get(hash) ?? unknown.get(hash);
      const age = entry ? monotonic() - entry.readAt : Infinity;
      if (!entry || age >= TTL) return within(PATIENCE, readOnce(hash));
      // Its failure is told by the read that somebody waits for.
      if (age >= REFRESH_AFTER && entry.record) readOnce(hash).catch(() => undefined);
      return entry.record;
    },
  };
}

/** The oldest goes when it is full. */
function keep(entries: Map<string, Entry>, hash: string, entry: Entry): void {
  entries.delete(hash);
  entries.set(hash, entry);
  const [oldest] = entries.keys();
  if (entries.size > MAX_KEYS && oldest !== undefined) entries.delete(oldest);
}
