import { createProducer } from '#queues/producer.ts';
import { loadSettings } from '#src/config/settings.ts';
import { connect } from '#src/db/connect.ts';
import { createCallBooks } from '#src/db/repositories/call-books.ts';
import { createLifecycle } from '#src/platform/lifecycle.ts';
import { createLogger } from '#src/platform/logger.ts';
import { createMetrics } from '#src/platform/metrics.ts';
import { startMetricsServer } from '#src/platform/metrics-server.ts';
import { closeRedis, createRedis } from '#src/platform/redis.ts';
import { createTime } from '#src/platform/time.ts';
import { showBooks } from './books-gauge.ts';
import { startClock } from './start-clock.ts';
import { booksTick, reconcileTick, rollupTick } from './ticks.ts';

const settings = loadSettings(process.env);
const log = createLogger(settings.log, { process: 'clock' });
const life = createLifecycle(log, settings.shutdown);
life.onSignals();
const time = createTime(settings.time);
const metrics = createMetrics();

const database = await connect(settings.mongodb, time, log);
life.own('mongodb', () => database.disconnect());
showBooks(metrics.registry, createCallBooks(database.db, time));
const redis = createRedis(settings.redis, 'producer', log);
life.own('redis', () => closeRedis(redis));
const producer = createProducer(redis, settings.redis.prefix);
life.own('queues', () => producer.close());

if (settings.metrics.port !== undefined) {
  const server = await startMetricsServer({ host: settings.metrics.host, port: settings.metrics.port, registry: metrics.registry });
  life.own('metrics', () => server.close());
}

const ticks = [...(settings.clock.reconcile ? [reconcileTick] : []), rollupTick, booksTick];
const clock = await startClock(ticks, { db: database.db, producer, time, log, metrics });
life.own('clock', () => clock.stop());
log.info({ ticks: ticks.map(({ name }) => name) }, 'started');
