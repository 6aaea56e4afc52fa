import { Redis } from 'ioredis';
import { z } from 'zod';
import { catalogue } from '#queues/catalogue.ts';
import { defineQueue } from '#queues/define-queue.ts';
import { loadSettings } from '#src/config/settings.ts';
import { createLogger } from '#src/platform/logger.ts';
import { createMetrics } from '#src/platform/metrics.ts';
import { createTime } from '#src/platform/time.ts';
import { done } from '#workers/outcome.ts';
import { startWorker } from '#workers/start-worker.ts';
import { createCell } from '#workers/suspects.ts';

// A worker of a release that is yet to come: `notification` carries something that the present one would misread. It does nothing with
// its jobs but to say so.

const { name, key, timeoutMs, retry } = catalogue.notification;
const settings = loadSettings(process.env);
const log = createLogger(settings.log, { process: 'later' });
const redis = new Redis(settings.redis.url ?? '', { maxRetriesPerRequest: null });

const later = defineQueue({
  ...{ name, timeoutMs, retry, key },
  payload: catalogue.notification.payload.extend({ channel: z.enum(['push', 'sms']) }),
  version: 2,
  upgrade: { 1: (old) => ({ ...old, channel: 'push' }) },
});
const worker = startWorker(
  later,
  async (payload) => {
    log.info({ payload }, 'done by the later release');
    return Promise.resolve(done());
  },
  {
    ...{ redis, log, prefix: settings.redis.prefix, concurrency: 10, time: createTime(settings.time), metrics: createMetrics() },
    ...{ stopSignal: new AbortController().signal, cell: createCell() },
    databaseAnsweredSince: () => true,
    hold: { rateLimit: () => Promise.resolve(), pause: () => Promise.resolve() },
  },
);
process.on('SIGTERM', () => void worker.close().then(() => process.exit(0)));
log.info('started');
