import type { Producer } from '#queues/producer.ts';
import type { transcription } from '#queues/transcription.ts';
import type { RecordingDoc } from '#src/db/models/recordings.ts';
import type { CallLogs } from '#src/db/repositories/call-logs.ts';
import type { Recordings } from '#src/db/repositories/recordings.ts';
import type { Metrics } from '#src/platform/metrics.ts';
import type { Time } from '#src/platform/time.ts';
import type { RecordingStore } from '#src/providers/recordings.ts';
import type { Transcriber } from '#src/providers/transcriber.ts';
import { isFinal, isHopeless } from './final.ts';
import { done, reject, skip } from './outcome.ts';
import type { Processor } from './processor.ts';
import { giveUpRecording, type GiveUpRecordingDeps } from './steps/give-up-recording.ts';

export interface TranscriptionDeps extends GiveUpRecordingDeps {
  recordings: Recordings;
  recordingStore: RecordingStore;
  transcriber: Transcriber;
  callLogs: CallLogs;
  producer: Producer;
  metrics: Metrics;
  time: Time;
}

const MAX_BYTES = 25 * 1024 * 1024;

/** Speech to text. When retries run out, the driver is told to ask the customer, and the Recording is `failed` until an operator replays the job. */
export const transcribeRecording: Processor<typeof transcription, TranscriptionDeps> = async ({ recordingId, traceId }, deps, context) => {
  const recording = await deps.recordings.find(recordingId);
  if (!recording) return skip('recording no longer exists');
  const handOn = async (text: string) => {
    await deps.callLogs.enrich(recording.call_log_id, { transcription: text });
    await deps.producer.enqueue('ai-analysis', { recordingId, traceId });
  };
  if (recording.transcription.text !== undefined) {
    // A run before this one may have died, or failed, on the way to what follows.
    if (recording.processing_status === 'failed') await deps.recordings.started(recording._id);
    if (recording.processing_status !== 'completed') await handOn(recording.transcription.text);
    return skip('transcribed already');
  }
  if (!(await deps.recordings.started(recording._id))) return skip(`recording is ${recording.processing_status}`);
  try {
    await handOn(await transcribe(recording, deps, context.signal));
    return done();
  } catch (error) {
    if (isFinal(error, context)) await giveUpRecording(recording, 'the recording could not be transcribed', deps);
    if (isHopeless(error)) return reject(error.message);
    throw error;
  }
};

/** The transcript; stored with the recording before anything else is done with it, since asking again costs and may answer otherwise. */
async function transcribe(recording: RecordingDoc, deps: TranscriptionDeps, signal: AbortSignal): Promise<string> {
  if (!recording.storage_key) throw new Error('the recording has no stored audio');
  const started = performance.now();
  const bytes = await deps.recordingStore.fetch(recording.storage_key, { maxBytes: MAX_BYTES, signal });
  const { text, language, confidence } = await deps.transcriber.transcribe(
    { bytes, filename: 'recording.mp3', contentType: 'audio/mpeg' },
    signal,
  );
  const stored = await deps.recordings.transcribed(recording._id, {
    text,
    processing_time: (performance.now() - started) / 1000,
    language: language ?? 'en',
    ...(confidence === undefined ? {} : { confidence }),
  });
  if (stored) return text;
  // Another run was first: its transcript counts.
  deps.metrics.fencedWrites.inc({ write: 'transcription' });
  return (await deps.recordings.find(recording._id.toHexString()))?.transcription.text ?? text;
}
