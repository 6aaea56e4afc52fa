import type { Producer } from '#queues/producer.ts';
import type { Settings } from '#src/config/settings.ts';
import type { Database } from '#src/db/connect.ts';
import { createRepositories } from '#src/db/repositories/repositories.ts';
import { createDialTurns } from '#src/platform/dial-turns.ts';
import type { Lifecycle } from '#src/platform/lifecycle.ts';
import type { Metrics } from '#src/platform/metrics.ts';
import { createQueueMarker } from '#src/platform/queue-marker.ts';
import type { RedisClient } from '#src/platform/redis.ts';
import type { Time } from '#src/platform/time.ts';
import { createOpenAiAnalyst } from '#src/providers/analyst.openai.ts';
import { createWebPush } from '#src/providers/push.web-push.ts';
import { createS3Recordings } from '#src/providers/recordings.s3.ts';
import { createTwilioTelephony } from '#src/providers/telephony.twilio.ts';
import { createOpenAiTranscriber } from '#src/providers/transcriber.openai.ts';
import {
  analystWithCircuit,
  pushWithCircuits,
  recordingsWithCircuit,
  telephonyWithCircuits,
  transcriberWithCircuit,
} from '#src/providers/with-circuits.ts';
import type { WorkerDeps } from './registry.ts';

export interface Opened {
  database: Database;
  redis: RedisClient;
  producer: Producer;
  time: Time;
  metrics: Metrics;
  life: Lifecycle;
}

/** Everything that the processors can touch, from what the process has opened. */
export function createDeps(settings: Settings, { database, redis, producer, time, metrics, life }: Opened): WorkerDeps {
  const closing = <Provider extends { close(): unknown }>(name: string, provider: Provider): Provider => {
    life.own(name, () => provider.close());
    return provider;
  };
  return {
    ...createRepositories(database.db, time),
    producer,
    marker: createQueueMarker(redis, `${settings.redis.prefix}:marker`),
    turns: createDialTurns(redis, settings.redis.prefix, settings.twilio.callsPerSecond),
    telephony: telephonyWithCircuits(closing('telephony', createTwilioTelephony(settings.twilio)), metrics),
    recordingStore: recordingsWithCircuit(closing('recordings', createS3Recordings(settings.s3)), metrics),
    transcriber: transcriberWithCircuit(createOpenAiTranscriber(settings.openai), metrics),
    analyst: analystWithCircuit(createOpenAiAnalyst(settings.openai), metrics),
    push: pushWithCircuits(closing('push', createWebPush(settings.push)), metrics),
    metrics,
    time,
    publicUrl: settings.publicUrl,
    fromNumber: settings.twilio.fromNumber,
  };
}
