import type { Job } from 'bullmq';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createProducer, type Producer } from '#queues/producer.ts';
import type { QueueName } from '#queues/catalogue.ts';
import { createQueueMarker } from '#src/platform/queue-marker.ts';
import { closeRedis, createRedis } from '#src/platform/redis.ts';
import { createTime } from '#src/platform/time.ts';
import { PermanentlyRefused } from '#src/providers/errors.ts';
import { anAnalysis } from '#test/support/fakes/providers.ts';
import { recordingSid } from '#test/support/fakes/telephony.ts';
import { jsonLog } from '#test/support/json-log.ts';
import { TRACE_ID } from '#test/support/makers.ts';
import { freshRedis } from '#test/support/services.ts';
import { setup, type World } from '#test/support/world.ts';
import { hex } from '#test/workers/a-pass.ts';
import { processors } from '#workers/registry.ts';
import { startWorkers } from '#workers/start-workers.ts';
import { restoreJobs } from '#workers/steps/restore-jobs.ts';

// The real queues, workers and database; the providers refuse, then Redis is emptied, then an operator retries.

const QUEUES = ['recording', 'transcription', 'ai-analysis', 'notification'] as const satisfies QueueName[];
const AUDIO = Buffer.from('some audio');

let world: World;
let producer: Producer;
let redis: Redis;
let close: () => Promise<unknown>;
let restore: () => ReturnType<typeof restoreJobs>;
let rows: Record<(typeof QUEUES)[number], { _id: { toHexString(): string } }>;
const { log, lines } = jsonLog();

const queueOf = (name: QueueName) => producer.queues.get(name) as NonNullable<ReturnType<Producer['queues']['get']>>;
/** The failed jobs of each queue, by id, as the board lists them. */
async function failed(): Promise<Map<string, Job>> {
  const jobs = (await Promise.all(QUEUES.map((name) => queueOf(name).getFailed()))).flat();
  return new Map(jobs.map((job) => [String(job.id), job]));
}
const ids = async () => [...(await failed()).keys()].toSorted();
const touched = () => [world.push.sent.length, world.telephony.asked.length, world.transcriber.heard.length, world.analyst.read.length];
const statesOf = async () => ({
  recording: (await world.db.collection('callattempts').findOne({ _id: rows.recording._id as never }))?.['recording'] as unknown,
  transcription: await world.recordingNow(rows.transcription as never),
  'ai-analysis': await world.recordingNow(rows['ai-analysis'] as never),
  notification: await world.notificationNow(rows.notification as never),
});

beforeAll(async () => {
  world = await setup();
  const { url, prefix } = await freshRedis();
  redis = new Redis(url);
  const adding = createRedis({ url, clusterNodes: undefined }, 'producer', log);
  await new Promise((ready) => adding.once('ready', ready));
  const working = createRedis({ url, clusterNodes: undefined }, 'worker', log);
  producer = createProducer(adding, prefix);
  const time = createTime({ scale: 1, anchorMs: 0, offsetMs: 0 });
  const deps = { ...world.deps, producer };
  restore = () => restoreJobs({ ...deps, marker: createQueueMarker(redis, `${prefix}:marker`) });
  await restore();

  world.push.script = [new PermanentlyRefused('push', 400)];
  world.transcriber.script = [new PermanentlyRefused('transcriber', 400)];
  world.analyst.script = [new PermanentlyRefused('analyst', 400)];
  world.telephony.failure = new PermanentlyRefused('telephony', 400);
  const stop = new AbortController();
  const workers = startWorkers([...QUEUES], processors, deps, {
    ...{
      redis: working,
      prefix,
      concurrency: 4,
      producer,
      time,
      log,
      metrics: deps.metrics,
      stopSignal: stop.signal,
      databaseAnsweredSince: () => true,
    },
  });
  close = async () => {
    stop.abort();
    await Promise.all(workers.map((worker) => worker.close()));
    await producer.close();
    await Promise.all([closeRedis(adding), closeRedis(working)]);
    redis.disconnect();
  };

  rows = {
    recording: await world.aCall({
      state: 'finished',
      outcome: 'instructed',
      recording: { state: 'pending', sid: recordingSid(500), duration: 7 },
    }),
    transcription: await world.aRecording(),
    'ai-analysis': await world.aRecording({ transcription: { text: 'Leave it at the back door.' } }),
    notification: await world.aNotification(),
  };
  for (const { storage_key } of [rows.transcription, rows['ai-analysis']] as { storage_key?: string }[])
    world.recordingStore.objects.set(storage_key ?? '', AUDIO);
  const traceId = TRACE_ID;
  await producer.enqueue('recording', { attemptId: hex(rows.recording), traceId });
  await producer.enqueue('transcription', { recordingId: hex(rows.transcription), traceId });
  await producer.enqueue('ai-analysis', { recordingId: hex(rows['ai-analysis']), traceId });
  await producer.enqueue('notification', { notificationId: hex(rows.notification), traceId });
}, 30_000);
afterAll(() => close());

it('the board’s failed jobs are those from before, with the stored reasons; nothing was done, and nobody was alerted', async () => {
  // Beside the four: what the driver was told of each lost recording, refused by the push service as well.
  await expect.poll(ids, { timeout: 10_000 }).toHaveLength(7);
  const before = await ids();
  const states = await statesOf();
  const done = touched();
  const alerts = lines.filter(({ level }) => Number(level) >= 50).length;
  await redis.flushdb();
  expect(await ids()).toEqual([]);

  expect(await restore()).toMatchObject({ failedAgain: 7 });
  await expect.poll(ids, { timeout: 10_000 }).toEqual(before);
  const jobs = await failed();
  const reasons = QUEUES.map((name) => jobs.get(`${name}-${hex(rows[name])}`)?.failedReason);
  expect(reasons).toEqual([
    'the recording could not be copied',
    'the recording could not be transcribed',
    'the transcript could not be analysed',
    'the push service refuses the message (400)',
  ]);
  expect(await statesOf()).toEqual(states);
  expect(touched()).toEqual(done);
  expect(lines.filter(({ level }) => Number(level) >= 50)).toHaveLength(alerts);
  expect((await world.deps.metrics.jobs.get()).values.filter(({ labels }) => labels.outcome === 'failed_again')).toMatchObject([
    { value: 1 },
    { value: 1 },
    { value: 1 },
    { value: 4 },
  ]);
});

it('a second pass, as after one that died at its end, changes nothing', async () => {
  const before = await ids();
  await redis.set((await redis.keys('*:marker'))[0] ?? '', 'rebuilding');
  expect(await restore()).toMatchObject({ enqueued: 0, failedAgain: 7 });
  expect(await ids()).toEqual(before);
});

it('a retry from the board does the work', async () => {
  world.push.script = [{ kind: 'sent' }];
  world.transcriber.script = [{ text: 'Leave it at the front door.', language: 'en' }];
  world.analyst.script = [anAnalysis()];
  world.telephony.failure = undefined;
  world.telephony.media.set(recordingSid(500), { bytes: AUDIO, contentType: 'audio/mpeg' });
  // As Bull Board does it.
  for (const job of (await failed()).values()) await job.retry('failed');
  await expect
    .poll(async () => JSON.stringify(await statesOf()), { timeout: 15_000 })
    .toMatch(/"state":"stored".*"processing_status":"completed".*"processing_status":"completed".*"state":"sent"/s);
  await expect.poll(ids).toEqual([]);
});
