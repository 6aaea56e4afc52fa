import { createHash } from 'node:crypto';
import type { Db, ObjectId } from 'mongodb';
import { newIdempotencyKey } from '#src/db/documents/idempotency-key.ts';
import { groupedInsert } from '#src/db/grouped/insert.ts';
import type { IdempotencyKeyDoc } from '#src/db/models/idempotencykeys.ts';
import { SECOND, type Time } from '#src/platform/time.ts';

export type KeyUse =
  /** This caller does the work, under the delivery's id that is in the row, unless that delivery exists. */
  | { kind: 'go-on'; row: IdempotencyKeyDoc }
  /** Another request with this key has the lease; if its delivery does not exist yet, it is being worked on. */
  | { kind: 'running'; row: IdempotencyKeyDoc; retryAfterMs: number }
  /** The key was used for another body. */
  | { kind: 'mismatch' };

export interface IdempotencyKeys {
  /** Takes the key for one request. `deliveryId` is used unless an earlier request that died has left one. */
  use(apiKeyId: ObjectId, key: string, bodyHash: string, deliveryId: ObjectId): Promise<KeyUse>;
  /** Ends the lease without a result: the request was refused, and may be sent again corrected. */
  release(row: IdempotencyKeyDoc): Promise<void>;
}

const LEASE_MS = 30 * SECOND;

export function createIdempotencyKeys(db: Db, time: Time): IdempotencyKeys {
  const keys = db.collection<IdempotencyKeyDoc>('idempotencykeys');
  const insert = groupedInsert(keys);
  const lease = () => new Date(time.now().getTime() + time.span(LEASE_MS));
  return {
    async use(apiKeyId, key, bodyHash, deliveryId) {
      const row = newIdempotencyKey(
        {
          // The client's key may hold anything; its hash has a fixed size and tells nothing.
          _id: `${apiKeyId.toHexString()}:${createHash('sha256').update(key).digest('hex')}`,
          api_key_id: apiKeyId,
          body_hash: bodyHash,
          delivery_id: deliveryId,
          lease_until: lease(),
        },
        time.now(),
      );
      if ((await insert(row)) === 'inserted') return { kind: 'go-on', row };
      const known = await keys.findOne({ _id: row._id });
      if (!known) return { kind: 'running', row, retryAfterMs: SECOND };
      if (known.body_hash !== bodyHash) return { kind: 'mismatch' };
      if (known.lease_until > time.now()) return { kind: 'running', row: known, retryAfterMs: time.until(known.lease_until) };
      const taken = await keys.findOneAndUpdate(
        { _id: row._id, lease_until: known.lease_until },
        { $set: { lease_until: lease() } },
        { returnDocument: 'after' },
      );
      return taken ? { kind: 'go-on', row: taken } : { kind: 'running', row: known, retryAfterMs: LEASE_MS };
    },
    async release({ _id, lease_until }) {
      await keys.deleteOne({ _id, lease_until });
    },
  };
}
