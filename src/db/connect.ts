import mongoose from 'mongoose';
import type { Db, MongoClient } from 'mongodb';
import type { Logger } from '#src/platform/logger.ts';
import { MINUTE, type Time } from '#src/platform/time.ts';

export interface Database {
  client: MongoClient;
  db: Db;
  /** Whether the server has answered anything in the last so many milliseconds. */
  answeredSince(ms: number): boolean;
  /** Rejects when the server does not answer. */
  ping(): Promise<void>;
  disconnect(): Promise<void>;
}

/** Connects with the seed's pool and time-outs, majority writes, and keeps the clock corrected by the server's. Rejects when no server can be reached within 5 s. */
export async function connect({ uri }: { uri: string }, time: Time, log: Logger): Promise<Database> {
  const connection = mongoose.createConnection(uri, {
    maxPoolSize: 10,
    serverSelectionTimeoutMS: 5000,
    socketTimeoutMS: 45_000,
    bufferCommands: false,
    autoIndex: false,
    autoCreate: false,
    writeConcern: { w: 'majority' },
    monitorCommands: true,
  });
  await connection.asPromise();
  const client = connection.getClient();
  const db = client.db();

  let lastAnswer = performance.now();
  client.on('commandSucceeded', () => {
    lastAnswer = performance.now();
  });
  const correctClock = async (): Promise<void> => {
    await time.correctBy(async () => {
      const { localTime } = (await db.admin().command({ hello: 1 })) as unknown as { localTime: Date };
      return localTime;
    });
  };
  await correctClock();
  const timer = setInterval(() => {
    correctClock().catch((error: unknown) => log.warn({ err: error }, 'the clock could not be corrected'));
  }, MINUTE);
  timer.unref();

  return {
    client,
    db,
    answeredSince: (ms) => performance.now() - lastAnswer <= ms,
    ping: async () => {
      await db.command({ ping: 1 });
    },
    disconnect: async () => {
      clearInterval(timer);
      await connection.close();
    },
  };
}
