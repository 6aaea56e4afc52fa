import { createProducer } from '#queues/producer.ts';
import type { Settings } from '#src/config/settings.ts';
import { connect } from '#src/db/connect.ts';
import { createLifecycle } from '#src/platform/lifecycle.ts';
import { createLogger } from '#src/platform/logger.ts';
import { createMetrics } from '#src/platform/metrics.ts';
import { startMetricsServer } from '#src/platform/metrics-server.ts';
import { closeRedis, createRedis } from '#src/platform/redis.ts';
import { createTime } from '#src/platform/time.ts';
import { createDeps } from './deps.ts';
import { processors, type Processors, type WorkerDeps } from './registry.ts';
import { startWorkers } from './start-workers.ts';
import { startWatchdog } from './watchdog.ts';

export interface WorkerParts {
  /** Who does the work of each queue; default: the registry's. */
  processors?: Processors;
  /** Puts something between the processors and what they touch; default: nothing. */
  wrapDeps?: (deps: WorkerDeps) => WorkerDeps;
}

/** The worker process, from its settings until a signal ends it. Read top to bottom: nothing here decides anything. `parts` are for those who compose it otherwise. */
export async function runWorker(settings: Settings, parts: WorkerParts = {}): Promise<void> {
  const log = createLogger(settings.log, { process: 'worker' });
  const life = createLifecycle(log, settings.shutdown);
  life.onSignals();
  const watchdog = startWatchdog(settings.worker.blockedMs, log);
  life.own('watchdog', () => watchdog.stop());
  const time = createTime(settings.time);
  const metrics = createMetrics();

  const database = await connect(settings.mongodb, time, log);
  life.own('mongodb', () => database.disconnect());
  const adding = createRedis(settings.redis, 'producer', log); // fails fast: a job that cannot add its successor is tried again
  life.own('redis for adding', () => closeRedis(adding));
  const working = createRedis(settings.redis, 'worker', log); // waits out a restart
  life.own('redis for working', () => closeRedis(working));
  const producer = createProducer(adding, settings.redis.prefix);
  life.own('queues', () => producer.close());

  if (settings.metrics.port !== undefined) {
    const server = await startMetricsServer({ host: settings.metrics.host, port: settings.metrics.port, registry: metrics.registry });
    life.own('metrics', () => server.close());
  }

  const deps = createDeps(settings, { database, redis: working, producer, time, metrics, life });
  const workers = startWorkers(settings.worker.queues, parts.processors ?? processors, parts.wrapDeps?.(deps) ?? deps, {
    redis: working,
    prefix: settings.redis.prefix,
    concurrency: settings.worker.concurrency,
    producer,
    time,
    log,
    metrics,
    stopSignal: life.signal,
    databaseAnsweredSince: (ms) => database.answeredSince(ms),
  });
  life.own('workers', () => Promise.all(workers.map((worker) => worker.close()))); // together: one still open would keep taking jobs
  log.info({ queues: workers.map(({ name }) => name) }, 'started');
}
