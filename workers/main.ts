import { createProducer } from '#queues/producer.ts';
import { loadSettings } from '#src/config/settings.ts';
import { connect } from '#src/db/connect.ts';
import { createLifecycle } from '#src/platform/lifecycle.ts';
import { createLogger } from '#src/platform/logger.ts';
import { createMetrics } from '#src/platform/metrics.ts';
import { startMetricsServer } from '#src/platform/metrics-server.ts';
import { closeRedis, createRedis } from '#src/platform/redis.ts';
import { createTime } from '#src/platform/time.ts';
import { createDeps } from './deps.ts';
import { startWorkers } from './start-workers.ts';

const settings = loadSettings(process.env);
const log = createLogger(settings.log, { process: 'worker' });
const life = createLifecycle(log, settings.shutdown);
life.onSignals();
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
const workers = startWorkers(settings.worker.queues, deps, {
  redis: working,
  prefix: settings.redis.prefix,
  concurrency: settings.worker.concurrency,
  producer,
  time,
  log,
  metrics,
  stopSignal: life.signal,
});
life.own('workers', () => Promise.all(workers.map((worker) => worker.close()))); // together: one still open would keep taking jobs
log.info({ queues: workers.map(({ name }) => name) }, 'started');
