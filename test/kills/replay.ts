import { Queue } from 'bullmq';
import { catalogue, queueNames } from '#queues/catalogue.ts';
import { queuePrefix } from '#queues/job-options.ts';

/** Retries every job that has failed for good, as an operator does in Bull Board. Resolves with what they were and why they had failed. */
export async function replayFailed({ env }: { env: Readonly<Record<string, string>> }): Promise<string[]> {
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
            await job.retry();
            return `${name} ${job.id ?? ''}: ${job.failedReason}`;
          }),
        );
      } finally {
        await queue.close();
      }
    }),
  );
  return replayed.flat();
}
