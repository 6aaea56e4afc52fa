import { setTimeout } from 'node:timers/promises';
import { Redis } from 'ioredis';
import type { Db } from 'mongodb';
import type { Simulator } from '#scripts/simulator/simulator.ts';
import type { Evidence, Submitted, Violation } from './evidence.ts';
import { judge } from './judge.ts';
import { readDatabase } from './read-database.ts';
import { readJobs } from './read-jobs.ts';
import { readObjects, type Bucket } from './read-objects.ts';
import { readSimulator } from './read-simulator.ts';

export interface Scene {
  db: Db;
  redisUrl: string;
  queuePrefix: string;
  bucket: Bucket;
  simulator: Pick<Simulator, 'calls' | 'log' | 'clock'>;
}

const AGAIN_MS = 300;
/** Between the look at the clock and the dial, and between a job's time and its start, a busy machine takes no longer; real milliseconds. */
const TOLERANCE_MS = 3000;

export async function gather(submitted: readonly Submitted[], { db, redisUrl, queuePrefix, bucket, simulator }: Scene): Promise<Evidence> {
  const { scale, anchorMs } = simulator.clock;
  const redis = new Redis(redisUrl, { maxRetriesPerRequest: null });
  try {
    const [stored, jobs, objects] = await Promise.all([
      readDatabase(db),
      readJobs(redis, queuePrefix, (realMs) => anchorMs + (realMs - anchorMs) * scale),
      readObjects(bucket),
    ]);
    return { submitted, ...stored, ...readSimulator(simulator), jobs, objects, toleranceMs: TOLERANCE_MS * scale };
  } finally {
    redis.disconnect();
  }
}

/**
 * Compares both sides' accounts. The system goes on meanwhile, so that a call may be on the way at the moment of looking: only what is
 * found in every look, for `patienceMs`, is a violation. Resolves at once when there is none.
 */
export async function check(
  submitted: readonly Submitted[],
  scene: Scene,
  patienceMs: number,
): Promise<{ evidence: Evidence; violations: Violation[] }> {
  const until = Date.now() + patienceMs;
  let lasting: Violation[] | null = null;
  for (;;) {
    const evidence = await gather(submitted, scene);
    const found = judge(evidence);
    const before: readonly Violation[] = lasting ?? found;
    lasting = found.filter((violation) => before.some((earlier) => isSame(earlier, violation)));
    if (lasting.length === 0 || Date.now() >= until) return { evidence, violations: lasting };
    await setTimeout(AGAIN_MS);
  }
}

const isSame = (a: Violation, b: Violation): boolean => a.delivery === b.delivery && a.what === b.what;
