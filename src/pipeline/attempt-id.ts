import type { ObjectId } from 'mongodb';
import { deterministicId } from '#src/db/deterministic-id.ts';

/** One id for a delivery's n-th attempt, whoever plans it and however often. */
export const attemptIdOf = (deliveryId: ObjectId, number: number): ObjectId => deterministicId(deliveryId.toHexString(), 'attempt', number);
