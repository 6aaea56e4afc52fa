import { createHash } from 'node:crypto';
import { ObjectId } from 'mongodb';

/** The same parts always give the same ObjectId, so that writing something again is not writing it twice. */
export function deterministicId(...parts: (string | number)[]): ObjectId {
  return new ObjectId(createHash('sha256').update(JSON.stringify(parts)).digest().subarray(0, 12));
}
