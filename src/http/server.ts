import type { Producer } from '#queues/producer.ts';
import type { Settings } from '#src/config/settings.ts';
import type { Database } from '#src/db/connect.ts';
import { pendingMigrations } from '#src/db/migrations-applied.ts';
import { createRepositories } from '#src/db/repositories/repositories.ts';
import type { Logger } from '#src/platform/logger.ts';
import type { Metrics } from '#src/platform/metrics.ts';
import { watchQueueDepths } from '#src/platform/queue-depths.ts';
import type { RedisClient } from '#src/platform/redis.ts';
import type { Time } from '#src/platform/time.ts';
import type { Telephony } from '#src/providers/telephony.ts';
import { CALLER_LIMIT_MS, createAnswerInTime } from './answer-in-time.ts';
import { createApp, type App } from './app.ts';
import { createApiKeyAuth } from './auth/api-key-auth.ts';
import { enqueueAfterwards, type Background } from './background.ts';
import { registerBoard } from './board/register-board.ts';
import { registerDeliveryRoutes } from './deliveries/routes.ts';
import { readinessChecks } from './health/readiness.ts';
import { registerHealth } from './health/register-health.ts';
import { registerOpenApi } from './openapi.ts';
import { registerTwilioRoutes } from './twilio/routes.ts';

export interface ServerParts {
  database: Database;
  redis: RedisClient;
  producer: Producer;
  telephony: Telephony;
  background: Background;
  time: Time;
  log: Logger;
  metrics: Metrics;
}

/** The web process's whole HTTP server, not listening yet. */
export async function createServer(settings: Settings, parts: ServerParts): Promise<App> {
  const { database, redis, producer, telephony, time, log, metrics } = parts;
  const repositories = createRepositories(database.db, time);
  const app = await createApp({ log, metrics });
  // Fastify would take plain text, too: as a body that is never what a route asks for.
  app.removeContentTypeParser('text/plain');
  const answerInTime = createAnswerInTime((ms) => database.answeredSince(ms));
  const auth = createApiKeyAuth(app, {
    // A key that must be read is answered for as everything else is: in time, and by whether the database is silent.
    keys: { ...repositories.apiKeys, findByHash: (hash) => answerInTime(repositories.apiKeys.findByHash(hash), 'reads') },
    environment: settings.appEnv,
    redis,
    prefix: settings.redis.prefix,
    now: () => time.now(),
    log,
  });
  const shared = {
    ...repositories,
    producer: enqueueAfterwards(producer, parts.background, log),
    telephony,
    time,
    metrics,
    answerInTime,
    background: parts.background,
  };

  await registerOpenApi(app, settings.publicUrl);
  registerDeliveryRoutes(app, { ...shared, auth });
  await registerTwilioRoutes(app, {
    ...shared,
    answerCallerInTime: createAnswerInTime((ms) => database.answeredSince(ms), CALLER_LIMIT_MS),
    publicUrl: settings.publicUrl,
    companyName: settings.companyName,
    accountSid: settings.twilio.accountSid,
    authToken: settings.twilio.authToken,
  });
  await registerBoard(app, {
    queues: producer.queues.values(),
    agents: repositories.agents,
    audit: (entry) => repositories.auditLog.record(entry),
    publicUrl: settings.publicUrl,
    secret: settings.http.sessionSecret,
    redis,
    prefix: settings.redis.prefix,
    time,
    monotonic: () => performance.now(),
  });
  watchQueueDepths(metrics.registry, producer.queues);
  registerHealth(app, {
    checks: readinessChecks({
      pingMongo: () => database.ping(),
      redis,
      migrationsApplied: async () => (await pendingMigrations(database.db)).length === 0,
    }),
    registry: metrics.registry,
  });
  return app;
}
