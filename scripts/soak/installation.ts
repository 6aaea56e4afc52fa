import { MongoClient, type Db } from 'mongodb';
import type { Scene } from '#scripts/demo/check/check.ts';
import { freePort } from '#scripts/services/server.ts';
import { DEFAULTS } from '#scripts/simulator/options.ts';
import { S3_KEY } from '#scripts/simulator/s3.ts';
import type { Simulator } from '#scripts/simulator/simulator.ts';
import { startSimulator } from '#scripts/simulator/start.ts';
import { stackEnv } from '#scripts/stack/stack-env.ts';
import { startStack, type Stack, type StackOptions } from '#scripts/stack/start-stack.ts';
import { createAccounts, type Accounts } from './accounts.ts';

export interface Installation {
  env: Readonly<Record<string, string>>;
  client: MongoClient;
  db: Db;
  simulator: Simulator;
  stack: Stack;
  accounts: Accounts;
  /** What the independent check looks at. */
  scene: Scene;
  /** The scaled clock's present moment. */
  now(): Date;
  /** Real epoch milliseconds at which the scaled clock shows this. */
  realMs(at: Date): number;
}

export interface InstallationOptions extends Omit<StackOptions, 'env'> {
  /** Servers, and in them a corner that nobody else uses. */
  mongodbUri: string;
  redisUrl: string;
  queuePrefix: string;
  /** Simulated seconds in a real one. */
  scale: number;
  seed: string;
  /** Settings over those of a whole installation, perhaps made for its stand-ins. */
  settings: (simulator: Simulator) => Promise<Readonly<Record<string, string>>>;
  /** Registers how to close what was opened, in the order of opening. */
  own: (name: string, close: () => Promise<unknown>) => void;
}

/** Nothing of a long run may be forgotten before it was proved. */
const REMEMBERED = { maxLogEntries: 5_000_000, maxCalls: 1_000_000 };

/** Starts stand-ins and the Procfile's processes, with accounts. What was opened is registered at once. */
export async function openInstallation(options: InstallationOptions): Promise<Installation> {
  const { mongodbUri, redisUrl, queuePrefix, scale, seed, settings, own, ...stackOptions } = options;
  const simulator = await startSimulator({ scale, anchorMs: Date.now(), seed, useNumberTable: false, ...REMEMBERED });
  own('simulator', simulator.stop);
  const client = await MongoClient.connect(mongodbUri);
  own('database', () => client.close());
  const db = client.db();
  const usual = stackEnv({ mongodbUri, redisUrl, port: await freePort(), providers: simulator.env, clock: simulator.clock });
  const env = { ...usual, QUEUE_PREFIX: queuePrefix, ...(await settings(simulator)) };
  const stack = await startStack({ ...stackOptions, env });
  own('processes', stack.stop);
  const { anchorMs } = simulator.clock;
  return {
    env,
    client,
    db,
    simulator,
    stack,
    accounts: await createAccounts(db, simulator),
    scene: { db, redisUrl, queuePrefix, bucket: { endpoint: simulator.urls.s3, name: DEFAULTS.bucket, key: S3_KEY }, simulator },
    now: () => new Date(anchorMs + (Date.now() - anchorMs) * scale),
    realMs: (at) => anchorMs + (at.getTime() - anchorMs) / scale,
  };
}
