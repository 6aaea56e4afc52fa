import { createProducer } from '#queues/producer.ts';
import { loadSettings } from '#src/config/settings.ts';
import { connect } from '#src/db/connect.ts';
import { createLifecycle } from '#src/platform/lifecycle.ts';
import { createLogger } from '#src/platform/logger.ts';
import { createMetrics } from '#src/platform/metrics.ts';
import { closeRedis, createRedis } from '#src/platform/redis.ts';
import { createTime } from '#src/platform/time.ts';
import { createTwilioTelephony } from '#src/providers/telephony.twilio.ts';
import { createBackground } from './background.ts';
import { createServer } from './server.ts';

const settings = loadSettings(process.env);
const log = createLogger(settings.log, { process: 'web' });
const life = createLifecycle(log, settings.shutdown);
life.onSignals();
const time = createTime(settings.time);

const database = await connect(settings.mongodb, time, log);
life.own('mongodb', () => database.disconnect());
const redis = createRedis(settings.redis, 'producer', log); // fails fast: a request must not wait for Redis
life.own('redis', () => closeRedis(redis));
const producer = createProducer(redis, settings.redis.prefix);
life.own('queues', () => producer.close());
const telephony = createTwilioTelephony(settings.twilio);
life.own('telephony', () => telephony.close());
const background = createBackground(log);
life.own('background work', () => background.idle());

const app = await createServer(settings, { database, redis, producer, telephony, background, time, log, metrics: createMetrics() });
life.own('http', () => app.close());
await app.listen({ host: settings.http.host, port: settings.http.port });
log.info('started');
