import { Queue, type Job } from 'bullmq';
import type { Redis } from 'ioredis';
import type { HeldJob } from './evidence.ts';

const STATES = ['wait', 'prioritized', 'active', 'delayed', 'failed', 'waiting-children'] as const;
const NAMES: Readonly<Record<string, HeldJob['state']>> = {
  wait: 'waiting',
  prioritized: 'waiting',
  active: 'active',
  delayed: 'delayed',
  failed: 'failed',
};

/** Every job that has not completed, of every queue that Redis holds under this prefix. `toSimulated` turns the machine's milliseconds into the scaled clock's. */
export async function readJobs(redis: Redis, prefix: string, toSimulated: (realMs: number) => number): Promise<HeldJob[]> {
  const metas = await redis.keys(`{${prefix}-*}:*:meta`);
  const names = metas.map((key) => /^\{[^}]+\}:([^:]+):meta$/.exec(key)?.[1]).filter((name) => name !== undefined);
  const held = await Promise.all(names.map((name) => readQueue(name, prefix, redis, toSimulated)));
  return held.flat();
}

async function readQueue(name: string, prefix: string, connection: Redis, toSimulated: (realMs: number) => number): Promise<HeldJob[]> {
  const queue = new Queue(name, { connection, prefix: `{${prefix}-${name}}` });
  try {
    const byState = await Promise.all(STATES.map(async (state) => ({ state, jobs: await queue.getJobs([state], 0, -1) })));
    return byState.flatMap(({ state, jobs }) =>
      // One that moved on while it was read comes back empty.
      (jobs as (Job | undefined)[]).filter((job) => job !== undefined).map((job) => toHeld(job, name, state, toSimulated)),
    );
  } finally {
    await queue.close();
  }
}

const toHeld = (job: Job, queue: string, state: string, toSimulated: (realMs: number) => number): HeldJob => ({
  queue,
  id: job.id ?? '',
  state: NAMES[state] ?? 'other',
  runsAt: state === 'delayed' ? new Date(toSimulated(job.timestamp + job.delay)) : null,
  data: job.data as Record<string, unknown>,
});
