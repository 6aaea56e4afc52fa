import { hash } from 'node:crypto';
import { ObjectId } from 'mongodb';

/** The same parts always give the same ObjectId, so that writing something again is not writing it twice. */
export function deterministicId(...parts: (string | number)[]): ObjectId {
  return new ObjectId(hash('sha256', JSON.stringify(parts), 'hex').slice(0, 24));
}
