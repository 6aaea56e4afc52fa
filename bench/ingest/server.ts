import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePort } from '#scripts/services/server.ts';
import { spawnGuarded } from '#scripts/services/guarded.ts';
import { PROJECT_FOLDER, readProcfile } from '#scripts/stack/procfile.ts';
import { stackEnv } from '#scripts/stack/stack-env.ts';

/** The ways of taking in a delivery: the plain one, with Mongoose and with the driver below it, and ours. */
export const WAYS = ['mongoose', 'driver', 'ours'] as const;
export type Way = (typeof WAYS)[number];

export interface Server {
  origin: string;
  stop(): Promise<void>;
}

const START_MS = 30_000;
const plain = fileURLToPath(new URL('./plain/server.ts', import.meta.url));

/** Starts one of the servers as a process of its own; resolves when it answers. What it says goes to standard error. */
export async function startServer(way: Way, addresses: { mongodbUri: string; redisUrl: string; queuePrefix: string }): Promise<Server> {
  const port = await freePort();
  const command = way === 'ours' ? (await readProcfile()).web : `exec node '${plain}'`;
  const child = await spawnGuarded('sh', ['-c', `cd '${fileURLToPath(PROJECT_FOLDER)}' && ${command}`], {
    env: {
      PATH: process.env['PATH'] ?? '',
      ...stackEnv({ ...addresses, port, providers: nobody, clock: { scale: 1, anchorMs: 0 } }),
      QUEUE_PREFIX: addresses.queuePrefix,
      LOG_LEVEL: 'warn',
      STORE: way,
    },
    onOutput: (_stream, text) => process.stderr.write(text),
  });
  const ended = child.exited.then((code) => {
    throw new Error(`the server (${way}) ended with ${code}`);
  });
  ended.catch(() => undefined); // when it has long answered
  const origin = `http://127.0.0.1:${port}`;
  const deadline = performance.now() + START_MS;
  while (!(await answers(origin))) {
    if (performance.now() > deadline) throw new Error(`the server (${way}) did not answer within ${START_MS / 1000} s`);
    await Promise.race([ended, delay(50)]);
  }
  return {
    origin,
    async stop() {
      child.ref();
      child.kill('SIGTERM');
      await child.exited;
    },
  };
}

/** Without workers nobody is called, so no provider stands behind these. */
const nobody = {
  TWILIO_ACCOUNT_SID: `AC${'0'.repeat(32)}`,
  TWILIO_AUTH_TOKEN: 'none',
  TWILIO_FROM_NUMBER: '+12025550100',
  TWILIO_API_URL: 'http://127.0.0.1:9',
  OPENAI_API_KEY: 'none',
  S3_ENDPOINT: 'http://127.0.0.1:9',
  S3_BUCKET: 'none',
  S3_ACCESS_KEY_ID: 'none',
  S3_SECRET_ACCESS_KEY: 'none',
};

async function answers(origin: string): Promise<boolean> {
  try {
    await fetch(`${origin}/livez`, { signal: AbortSignal.timeout(1000) }); // the plain one says 404
    return true;
  } catch {
    return false;
  }
}
