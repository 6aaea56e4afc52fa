import { MongoBulkWriteError } from 'mongodb';

/**
 * One write that the server refused: a duplicate key, a validator. `code` is MongoDB's. The driver's own word on it (`WriteError`) is no `Error`,
 * and carries the document: whoever logged it would log personal data.
 */
export class RefusedWrite extends Error {
  readonly code: number;

  constructor(code: number) {
    super(`MongoDB refused the write (${code})`);
    this.name = 'RefusedWrite';
    this.code = code;
  }
}

/**
 * Which writes of an unordered bulk the server refused, by their places in it. Null for any other error, after which nobody knows what was written:
 * the driver wraps those in a `MongoBulkWriteError`, too (no server to be found, a connection cut, no majority), without a word on single writes.
 */
export function refusedWrites(error: unknown): Map<number, RefusedWrite> | null {
  if (!(error instanceof MongoBulkWriteError) || error.result.getWriteConcernError()) return null;
  const refused = [error.writeErrors].flat().map(({ index, code }) => [index, new RefusedWrite(code)] as const);
  return refused.length > 0 ? new Map(refused) : null;
}
