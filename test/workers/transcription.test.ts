import { beforeEach, expect, it } from 'vitest';
import type { Producer } from '#queues/producer.ts';
import type { RecordingDoc } from '#src/db/models/recordings.ts';
import { PermanentlyRefused, ProviderDown, RateLimited } from '#src/providers/errors.ts';
import { TRACE_ID } from '#test/support/makers.ts';
import { aJob, setup, type World } from '#test/support/world.ts';
import type { RunContext } from '#workers/processor.ts';
import { transcribeRecording } from '#workers/transcription.ts';

const AUDIO = Buffer.from('what the customer said');
let world: World;
let recording: RecordingDoc;
beforeEach(async () => {
  world = await setup();
  recording = await world.aRecording();
  world.recordingStore.objects.set(recording.storage_key ?? '', AUDIO);
});

const transcribe = (context: Partial<RunContext> = {}) =>
  transcribeRecording({ recordingId: recording._id.toHexString(), traceId: TRACE_ID }, world.deps, aJob(context));

it('stores what was said and hands it on', async () => {
  expect(await transcribe()).toEqual({ kind: 'done' });
  expect(world.transcriber.heard).toEqual([AUDIO]);
  const now = await world.recordingNow(recording);
  expect(now).toMatchObject({
    processing_status: 'processing',
    processing_attempts: 1,
    transcription: { text: 'Leave it at the back door.', language: 'en' },
  });
  expect(now.transcription).not.toHaveProperty('confidence'); // this model gives none
  expect(await world.all('calllogs')).toMatchObject([{ transcription: 'Leave it at the back door.' }]);
  expect(world.producer.ids()).toEqual([`ai-analysis-${recording._id.toHexString()}`]);
});

it('asks once: what was stored counts, and its successor is enqueued again', async () => {
  await transcribe();
  world.producer.flush();
  expect(await transcribe()).toMatchObject({ kind: 'skipped' });
  expect(world.transcriber.heard).toHaveLength(1);
  expect(world.producer.ids('ai-analysis')).toHaveLength(1);
});

it('of two runs at once the first transcript stays, in both documents', async () => {
  world.transcriber.script = [{ text: 'one' }, { text: 'two' }];
  await Promise.all([transcribe(), transcribe()]);
  const { transcription } = await world.recordingNow(recording);
  expect(await world.all('calllogs')).toMatchObject([{ transcription: transcription.text }]);
});

it('an empty transcript is a transcript', async () => {
  world.transcriber.script = [{ text: '' }];
  await transcribe();
  expect(await world.recordingNow(recording)).toMatchObject({ transcription: { text: '' } });
  expect(world.producer.ids('ai-analysis')).toHaveLength(1);
});

it('when retries have run out the recording is failed with its reason, and the driver is told to ask', async () => {
  world.transcriber.script = [new ProviderDown('transcriber')];
  await expect(transcribe()).rejects.toThrow('unavailable');
  expect(await world.recordingNow(recording)).toMatchObject({ processing_status: 'processing' });
  await expect(transcribe({ lastAttempt: true })).rejects.toThrow('unavailable');
  expect(await world.recordingNow(recording)).toMatchObject({
    processing_status: 'failed',
    error_message: expect.stringContaining('transcribed'),
  });
  expect(await world.all('notifications')).toMatchObject([{ kind: 'instructions' }]);
});

it('row 22: audio that will always be refused is given up at once', async () => {
  world.transcriber.script = [new PermanentlyRefused('transcriber', 'invalid_value')];
  expect(await transcribe()).toMatchObject({ kind: 'rejected' });
  expect(await world.recordingNow(recording)).toMatchObject({ processing_status: 'failed' });
  expect(await world.all('notifications')).toMatchObject([{ kind: 'instructions', body: expect.stringContaining('Please ask') }]);
  expect(world.recordingStore.objects.size).toBe(1);
});

it('what was failed is transcribed once an operator replays it', async () => {
  world.transcriber.script = [new ProviderDown('transcriber'), { text: 'at last' }];
  await expect(transcribe({ lastAttempt: true })).rejects.toThrow('unavailable');
  expect(await transcribe({ lastAttempt: true })).toEqual({ kind: 'done' });
  const now = await world.recordingNow(recording);
  expect(now).toMatchObject({ processing_status: 'processing', transcription: { text: 'at last' } });
  expect(now).not.toHaveProperty('error_message');
  expect(world.producer.ids('ai-analysis')).toHaveLength(1);
});

it('failed with its transcript, it is handed on by the replay', async () => {
  const enqueue: Producer['enqueue'] = async (name, ...rest) => {
    if (name === 'ai-analysis') throw new Error('Redis is away');
    await world.producer.enqueue(name, ...rest);
  };
  const away = { ...world.producer, enqueue };
  const job = { recordingId: recording._id.toHexString(), traceId: TRACE_ID };
  await expect(transcribeRecording(job, { ...world.deps, producer: away }, aJob({ lastAttempt: true }))).rejects.toThrow('away');
  expect(await world.recordingNow(recording)).toMatchObject({ processing_status: 'failed' });
  await transcribe();
  expect(world.transcriber.heard).toHaveLength(1);
  expect(await world.recordingNow(recording)).toMatchObject({ processing_status: 'processing' });
  expect(world.producer.ids('ai-analysis')).toHaveLength(1);
});

it('asked to slow down in the last attempt it gives up nothing', async () => {
  world.transcriber.script = [new RateLimited('transcriber', 1000), { text: 'at last' }];
  await expect(transcribe({ lastAttempt: true })).rejects.toBeInstanceOf(RateLimited);
  expect(await transcribe({ lastAttempt: true })).toEqual({ kind: 'done' });
});
