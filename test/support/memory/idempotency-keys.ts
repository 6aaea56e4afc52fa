import { hash } from 'node:crypto';
import type { IdempotencyKeys } from '#src/db/repositories/idempotency-keys.ts';
import { newIdempotencyKey } from '#src/db/documents/idempotency-key.ts';
import { SECOND, type Time } from '#src/platform/time.ts';
import type { RoundTrip } from './round-trip.ts';
import type { Store } from './store.ts';

const LEASE_MS = 30 * SECOND;

export function memoryIdempotencyKeys({ idempotencyKeys: keys }: Store, time: Time, trip: RoundTrip): IdempotencyKeys {
  const lease = () => new Date(time.now().getTime() + time.span(LEASE_MS));
  return {
    async use(apiKeyId, key, bodyHash, deliveryId) {
      const _id = `${apiKeyId.toHexString()}:${hash('sha256', key)}`;
      const row = newIdempotencyKey(
        { _id, api_key_id: apiKeyId, body_hash: bodyHash, delivery_id: deliveryId, lease_until: lease() },
        time.now(),
      );
      if ((await trip('idempotencyKeys.insert', () => keys.insert(row))) === 'inserted') return { kind: 'go-on', row };
      const known = await trip('idempotencyKeys.find', () => keys.get(_id));
      if (!known) return { kind: 'running', row, retryAfterMs: SECOND };
      if (known.body_hash !== bodyHash) return { kind: 'mismatch' };
      if (known.lease_until > time.now()) return { kind: 'running', row: known, retryAfterMs: time.until(known.lease_until) };
      const until = lease();
      const taken = await trip('idempotencyKeys.take', () =>
        keys.update(
          _id,
          ({ lease_until }) => lease_until.getTime() === known.lease_until.getTime(),
          (doc) => ({ ...doc, lease_until: until }),
        )
          ? keys.get(_id)
          : null,
      );
      return taken ? { kind: 'go-on', row: taken } : { kind: 'running', row: known, retryAfterMs: LEASE_MS };
    },
    release: ({ _id, lease_until }) =>
      trip('idempotencyKeys.release', () => keys.remove(_id, (doc) => doc.lease_until.getTime() === lease_until.getTime())),
  };
}
