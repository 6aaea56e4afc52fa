import { MongoClient, type Db } from 'mongodb';
import { Redis } from 'ioredis';
import { startServices } from '#scripts/services/start-services.ts';
import { DEFAULTS } from '#scripts/simulator/options.ts';
import { S3_KEY } from '#scripts/simulator/s3.ts';
import type { Simulator } from '#scripts/simulator/simulator.ts';
import { startSimulator } from '#scripts/simulator/start.ts';
import { stackEnv } from '#scripts/stack/stack-env.ts';
import { startStack, type Stack } from '#scripts/stack/start-stack.ts';
import type { Scene } from './check/check.ts';
import { freePort } from './free-port.ts';
import { ownCorner } from './own-corner.ts';
import { createWitness } from './witness.ts';

/** Everything that the demo runs on. */
export interface World {
  env: Readonly<Record<string, string>>;
  db: Db;
  simulator: Simulator;
  stack: Stack;
  scene: Scene;
  /** The scaled clock's present moment. */
  now(): Date;
  /** Real epoch milliseconds at which the scaled clock shows this. */
  realMs(at: Date): number;
  /** Rejects when one of the stack's processes ends by itself, with its last lines. Never resolves. */
  died: Promise<never>;
  /** From now on processes of this name may end. */
  excuse(name: string): void;
}

export interface WorldOptions {
  scale: number;
  seed: string;
  /** Settings on top of the usual ones. */
  settings: Readonly<Record<string, string>>;
  log: (line: string) => void;
  /** Takes what the stack's processes log. */
  onLine: ((line: string) => void) | undefined;
  /** Registers how to close what was opened, in the order of opening. */
  own: (name: string, close: () => Promise<unknown>) => void;
}

/** Calls dialed a second of the machine's: a burst of forty at once would tell nothing and starve a small machine. */
const CALLS_PER_SECOND = 10;

/** Starts servers, stand-ins and the Procfile's processes, saying what it does. What was opened is registered at once, so that a failure on the way leaves nothing behind. */
export async function openWorld({ scale, seed, settings, log, onLine, own }: WorldOptions): Promise<World> {
  const services = await startServices({ log });
  own('servers', services.stop);
  const { mongodbUri, queuePrefix } = ownCorner(services.mongodbUri);

  const simulator = await startSimulator({ scale, anchorMs: Date.now(), seed, useNumberTable: false, maxLogEntries: 1_000_000 });
  own('simulator', simulator.stop);
  log('Simulator of Twilio, OpenAI, web push and S3: started. Nobody is phoned.');
  log(`The clock: one second is ${describe(scale)}, for all of us.`);

  const client = await MongoClient.connect(mongodbUri);
  const db = client.db();
  own('database', async () => {
    if (!services.started.mongod) await db.dropDatabase();
    await client.close();
  });
  own('queues', async () => {
    if (!services.started.redis) await forget(services.redisUrl, queuePrefix);
  });

  const port = await freePort();
  const usual = stackEnv({ mongodbUri, redisUrl: services.redisUrl, port, providers: simulator.env, clock: simulator.clock });
  const env = { ...usual, QUEUE_PREFIX: queuePrefix, TWILIO_CPS: String(CALLS_PER_SECOND), ...settings };
  log('Starting the Procfile: release to its end, then web, worker and clock');
  const witness = createWitness();
  const stack = await startStack({
    env,
    onLine: (name, line) => {
      witness.hear(name, line);
      onLine?.(`${name} ${line}`);
    },
  });
  own('processes', async () => {
    witness.expectTheEnd();
    await stack.stop();
  });

  const { anchorMs } = simulator.clock;
  return {
    env,
    db,
    simulator,
    stack,
    scene: {
      db,
      redisUrl: services.redisUrl,
      queuePrefix,
      bucket: { endpoint: simulator.urls.s3, name: DEFAULTS.bucket, key: S3_KEY },
      simulator,
    },
    now: () => new Date(anchorMs + (Date.now() - anchorMs) * scale),
    realMs: (at) => anchorMs + (at.getTime() - anchorMs) / scale,
    died: witness.watch(stack.processes),
    excuse: witness.excuse,
  };
}

const describe = (scale: number): string => (scale % 60 === 0 ? `${scale / 60} minutes` : `${scale} seconds`);

async function forget(redisUrl: string, prefix: string): Promise<void> {
  const redis = new Redis(redisUrl);
  try {
    for await (const keys of redis.scanStream({ match: `*${prefix}*`, count: 1000 })) {
      if ((keys as string[]).length > 0) await redis.unlink(...(keys as string[]));
    }
  } finally {
    redis.disconnect();
  }
}
