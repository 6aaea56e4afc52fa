import { Command } from 'commander';
import { createProducer } from '#queues/producer.ts';
import { InvalidSettings } from '#src/config/parse.ts';
import { loadSettings } from '#src/config/settings.ts';
import { connect } from '#src/db/connect.ts';
import { createLifecycle } from '#src/platform/lifecycle.ts';
import { createLogger } from '#src/platform/logger.ts';
import { createMetrics } from '#src/platform/metrics.ts';
import { closeRedis, createRedis } from '#src/platform/redis.ts';
import { createTime } from '#src/platform/time.ts';
import { newTraceId } from '#src/platform/tracing.ts';
import { createDeps } from '#workers/deps.ts';
import { runReconcile } from '#workers/reconcile.ts';

new Command('reconcile')
  .description(
    'One pass: enqueues again what MongoDB calls for and Redis lacks, and looks up at Twilio what nobody knows. Safe at any time.',
  )
  .parse();

try {
  const settings = loadSettings(process.env);
  const log = createLogger(settings.log, { process: 'reconcile' });
  const life = createLifecycle(log, settings.shutdown);
  const time = createTime(settings.time);
  const database = await connect(settings.mongodb, time, log);
  life.own('mongodb', () => database.disconnect());
  // Waits for Redis instead of failing fast: nobody is waiting for us.
  const redis = createRedis(settings.redis, 'worker', log);
  life.own('redis', () => closeRedis(redis));
  const producer = createProducer(redis, settings.redis.prefix);
  life.own('queues', () => producer.close());
  const deps = createDeps(settings, { database, redis, producer, time, metrics: createMetrics(), life });
  await runReconcile({ tick: 0, traceId: newTraceId() }, deps, { log, signal: life.signal, lastAttempt: true, waitsOutOutages: false });
  process.exitCode = (await life.stop()) ? 0 : 1;
} catch (error) {
  if (!(error instanceof InvalidSettings)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
