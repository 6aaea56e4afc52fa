import { MongoBulkWriteError, MongoServerError, MongoWriteConcernError } from 'mongodb';
import { GroupFull } from './grouped/group-commit.ts';
import { refusedWrites } from './grouped/refused-writes.ts';

// By name: a driver that is loaded twice has two classes, and Mongoose has words of its own.
const NOT_REACHED =
  /^(Mongo(ose)?(Network|ServerSelection|StalePrimary|NotConnected|Pool|WaitQueue|ServerClosed|TopologyClosed|ClientClosed|OperationTimeout)|PoolCleared)/;

/** A primary that ends or steps down says so in these; of a read the driver adds no label. https://github.com/mongodb/specifications/blob/master/source/retryable-reads/retryable-reads.md */
const STEPPING_DOWN = new Set([6, 7, 89, 91, 134, 189, 262, 9001, 10_107, 11_600, 11_602, 13_435, 13_436]);

/** It takes requests and answers nobody: the driver may wait for longer than the work that asked. */
export class DatabaseSilent extends Error {
  constructor(ms: number) {
    super(`the database has answered nobody for ${ms} ms`);
    this.name = 'DatabaseSilent';
  }
}

/**
 * Whether this error says that the database could not do it now: not reached, not in time, no majority, a change of the primary, too much
 * waiting. A repeat may succeed; whether a write took effect is not known. What the server refuses (a validator, say) is no such error.
 */
export function isDatabaseAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (
    error instanceof GroupFull ||
    error instanceof DatabaseSilent ||
    error instanceof MongoWriteConcernError ||
    NOT_REACHED.test(error.name)
  )
    return true;
  if (error instanceof MongoBulkWriteError && !refusedWrites(error)) return true;
  return error instanceof MongoServerError && (error.hasErrorLabel('RetryableWriteError') || STEPPING_DOWN.has(Number(error.code)));
}
