import { MongoClient, type Db } from 'mongodb';

/** Opens the database, uses it, closes it. Rejects within five seconds when no server can be reached. */
export async function withDatabase<T>(uri: string, use: (db: Db) => Promise<T>): Promise<T> {
  const client = new MongoClient(uri, { serverSelectionTimeoutMS: 5000, writeConcern: { w: 'majority' } });
  try {
    return await use(client.db());
  } finally {
    await client.close();
  }
}

/** Runs a command's work; a failure is a sentence on standard error and exit code 1, no stack trace. */
export async function orSayWhy(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}
