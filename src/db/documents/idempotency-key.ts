import { idempotencyKeySchema, type IdempotencyKeyDoc } from '#src/db/models/idempotencykeys.ts';
import { documentBuilder, type Given } from './build.ts';

export type NewIdempotencyKey = Given<IdempotencyKeyDoc, 'createdAt'>;

/** A request that is under way. */
export const newIdempotencyKey = documentBuilder<IdempotencyKeyDoc, NewIdempotencyKey>(idempotencyKeySchema);
