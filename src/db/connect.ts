import mongoose from 'mongoose';
import type { Db, MongoClient } from 'mongodb';
import type { Logger } from '#src/platform/logger.ts';
import { SECOND, type Time } from '#src/platform/time.ts';

export interface Database {
  client: MongoClient;
  db: Db;
  /** Whether the server has answered anything in the last so many milliseconds. */
  answeredSince(ms: number): boolean;
  /** Rejects when the server does not answer. */
  ping(): Promise<void>;
  disconnect(): Promise<void>;
}

/** Real milliseconds. A process whose machine's clock is set is wrong for no longer; what must not come at a wrong hour asks by itself. */
const CORRECT_EVERY_MS = 10 * SECOND;

/** Together they say when a server that has fallen silent without a word counts as gone, and its connections with what waits on them: after 10 s, by when the others have another primary. Defaults: 40 s. */
const SILENCE_MS = 5 * SECOND;

/** Connects with the seed's pool and time-outs, majority writes, and keeps the clock corrected by the server's. Rejects when no server can be reached within 5 s, or none tells the time within seconds. */
export async function connect({ uri }: { uri: string }, time: Time, log: Logger): Promise<Database> {
  const connection = mongoose.createConnection(uri, {
    maxPoolSize: 10,
    serverSelectionTimeoutMS: 5000,
    socketTimeoutMS: 45_000,
    connectTimeoutMS: SILENCE_MS,
    heartbeatFrequencyMS: SILENCE_MS,
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
  const told = await time.correctBy(async () => {
    const { localTime } = (await db.admin().command({ hello: 1 })) as unknown as { localTime: Date };
    return localTime;
  });
  if (!told) throw new Error('the database takes too long to tell the time');
  const timer = keepCorrected(time, log);

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

/** One question at a time: a server that stands still would collect them, and with them the connections. */
function keepCorrected(time: Time, log: Logger): NodeJS.Timeout {
  let asking = false;
  const correct = async (): Promise<void> => {
    if (asking) return;
    asking = true;
    try {
      if (!(await time.correct())) log.warn('the clock could not be corrected: the database takes too long to tell the time');
    } catch (error) {
      log.warn({ err: error }, 'the clock could not be corrected');
    } finally {
      asking = false;
    }
  };
  return setInterval(() => void correct(), CORRECT_EVERY_MS).unref();
}
