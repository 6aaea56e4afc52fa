import { MongoBulkWriteError, type WriteError } from 'mongodb';

/**
 * Which writes of an unordered bulk the server refused, one by one. Null for any other error, after which nobody knows what was written:
 * the driver wraps those in a `MongoBulkWriteError`, too (no server to be found, a connection cut, no majority), without a word on single writes.
 */
export function refusedWrites(error: unknown): WriteError[] | null {
  if (!(error instanceof MongoBulkWriteError) || error.result.getWriteConcernError()) return null;
  const refused = [error.writeErrors].flat();
  return refused.length > 0 ? refused : null;
}
