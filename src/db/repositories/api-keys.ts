import { MongoServerError, ObjectId, type Db } from 'mongodb';
import { newApiKey, type NewApiKey } from '#src/db/documents/api-key.ts';
import { groupedFind } from '#src/db/grouped/find.ts';
import type { ApiKeyDoc, ApiKeyEnvironment } from '#src/db/models/apikeys.ts';

const DUPLICATE_KEY = 11_000;

/** What a request needs to know of a key. */
export interface ApiKeyRecord {
  id: string;
  environment: ApiKeyEnvironment;
  permissions: readonly string[];
  active: boolean;
  /** So many requests in so many milliseconds. */
  rateLimit: { requests: number; periodMs: number };
}

export interface ApiKeys {
  /** `hash` is the key's SHA-256 in hexadecimal digits. Callers that meet share one read. */
  findByHash(hash: string): Promise<ApiKeyRecord | null>;
  /** Adds `uses` to the key's count; `at` is the last of them. */
  touch(id: string, uses: number, at: Date): Promise<void>;
  /** `duplicate` when an active key of that environment has the name already: nobody could tell the two apart. */
  create(key: NewApiKey, now: Date): Promise<'created' | 'duplicate'>;
}

export function createApiKeys(db: Db): ApiKeys {
  const keys = db.collection<ApiKeyDoc>('apikeys');
  const byHash = groupedFind<ApiKeyDoc, string>(keys, 'key', { key: 1, environment: 1, permissions: 1, is_active: 1, rate_limit: 1 });
  return {
    async findByHash(hash) {
      const found = await byHash(hash);
      return found && toRecord(found);
    },
    async touch(id, uses, at) {
      await keys.updateOne({ _id: new ObjectId(id) }, { $inc: { usage_count: uses }, $max: { last_used_at: at } });
    },
    async create(given, now) {
      const key = newApiKey(given, now);
      const { name, environment } = key;
      if (await keys.findOne({ name, environment, is_active: true }, { projection: { _id: 1 } })) return 'duplicate';
      try {
        await keys.insertOne(key);
        return 'created';
      } catch (error) {
        if (error instanceof MongoServerError && error.code === DUPLICATE_KEY) return 'duplicate';
        throw error;
      }
    },
  };
}

function toRecord({ _id, environment, permissions, is_active, rate_limit }: ApiKeyDoc): ApiKeyRecord {
  return {
    id: _id.toHexString(),
    environment,
    permissions,
    active: is_active,
    rateLimit: { requests: rate_limit.requests, periodMs: rate_limit.period },
  };
}
