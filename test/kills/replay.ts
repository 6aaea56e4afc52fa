import { setTimeout } from 'node:timers/promises';
import { Queue } from 'bullmq';
import { catalogue, queueNames } from '#queues/catalogue.ts';
import { queuePrefix } from '#queues/job-options.ts';

interface Replaying {
  /** REDIS_URL and QUEUE_PREFIX. */
  env: Readonly<Record<string, string>>;
}

/** A job that had failed for good, and was retried. */
export interface Replayed {
  queue: string;
  jobId: string;
  /** Why it had failed. */
  why: string;
}

/** In a storm of kills a harmless job is now and then taken for the killer of its workers: of all failures the only one that killing may cause. */
export const isQuarantine = ({ why }: Replayed): boolean => why.startsWith('quarantined as poison');

const LOOK_EVERY_MS = 5000;

/**
 * Retries every job that has failed for good, as an operator does in Bull Board, until the signal: the last that were killed are found to
 * have stalled, and quarantined, seconds later. Resolves with what they were and why they had failed.
 */
export async function keepReplaying(world: Replaying, signal: AbortSignal): Promise<Replayed[]> {
  const replayed: Replayed[] = [];
  while (!signal.aborted) {
    replayed.push(...(await replayFailed(world)));
    await setTimeout(LOOK_EVERY_MS, undefined, { signal }).catch(() => undefined);
  }
  return replayed;
}

async function replayFailed({ env }: Replaying): Promise<Replayed[]> {
  const replayed = await Promise.all(
    queueNames.map(async (name) => {
      const queue = new Queue(catalogue[name].name, {
        connection: { url: env['REDIS_URL'] ?? '' },
        prefix: queuePrefix(env['QUEUE_PREFIX'] ?? '', name),
      });
      try {
        const failed = await queue.getFailed();
        return await Promise.all(
          failed.map(async (job) => {
            const why = job.failedReason; // retrying forgets it
            await job.retry();
            return { queue: name, jobId: job.id ?? '', why };
          }),
        );
      } finally {
        await queue.close();
      }
    }),
  );
  return replayed.flat();
}
