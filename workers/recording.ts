import type { recording } from '#queues/recording.ts';
import type { Producer } from '#queues/producer.ts';
import { deterministicId } from '#src/db/deterministic-id.ts';
import { newRecording } from '#src/db/documents/recording.ts';
import type { CallAttemptDoc } from '#src/db/models/callattempts.ts';
import type { CallLogDoc } from '#src/db/models/calllogs.ts';
import type { AttemptProgress } from '#src/db/repositories/attempts/progress.ts';
import type { AttemptStore } from '#src/db/repositories/attempts/store.ts';
import type { CallLogs } from '#src/db/repositories/call-logs.ts';
import type { Deliveries } from '#src/db/repositories/deliveries.ts';
import type { History } from '#src/db/repositories/history.ts';
import type { Recordings } from '#src/db/repositories/recordings.ts';
import { trackingEvent } from '#src/pipeline/tracking-event.ts';
import type { Metrics } from '#src/platform/metrics.ts';
import { SECOND, type Time } from '#src/platform/time.ts';
import { RecordingUnusable } from '#src/providers/errors.ts';
import type { RecordingStore } from '#src/providers/recordings.ts';
import type { Telephony } from '#src/providers/telephony.ts';
import { isFinal, isHopeless } from './final.ts';
import { done, reject, skip, snooze, type Outcome } from './outcome.ts';
import type { Processor } from './processor.ts';
import { instructionsLost, type InstructionsLostDeps } from './steps/instructions-lost.ts';

export interface RecordingDeps extends InstructionsLostDeps {
  attempts: AttemptStore & AttemptProgress;
  callLogs: CallLogs;
  deliveries: Deliveries;
  history: History;
  metrics: Metrics;
  producer: Producer;
  recordings: Recordings;
  recordingStore: RecordingStore;
  telephony: Telephony;
  time: Time;
}

/** OpenAI takes no more than 25 MB; 120 s of telephone audio are far below. */
const MAX_BYTES = 25 * 1024 * 1024;
/** From the question whether another run has stored it to the upload, in real milliseconds: a job's lock was renewed so lately that nobody else can have begun in between. */
const UPLOAD_WITHIN_MS = 5 * SECOND;

/**
 * Copies an attempt's recording from Twilio to S3 and gives it a document of its own. When retries run out, the driver is told to ask,
 * and the recording is `failed` until an operator replays the job.
 */
export const copyRecording: Processor<typeof recording, RecordingDeps> = async ({ attemptId, traceId }, deps, context) => {
  const attempt = await deps.attempts.find(attemptId);
  if (!attempt?.recording?.sid || !attempt.call_sid) return skip('nothing to copy');
  const { state } = attempt.recording;
  if (state === 'failed' ? !(await deps.attempts.recordingReopened(attempt._id)) : state !== 'pending') return skip('nothing to copy');
  try {
    const callLog = await deps.callLogs.findBySid(attempt.call_sid);
    if (!callLog) throw new Error('the call has no log yet');
    const { sid, duration } = attempt.recording;
    // By SID, never by the URL that a callback gives: credentials go to Twilio alone.
    const media = await deps.telephony.fetchRecording(sid, {
      maxBytes: MAX_BYTES,
      ...(duration === undefined ? {} : { seconds: duration }),
      signal: context.signal,
    });
    const overtaken = await wasOvertaken(attempt, deps);
    if (overtaken) return overtaken;
    const recordingId = await keep(attempt, callLog, { ...media, sid, duration: duration ?? 0 }, deps, context.signal);
    await deps.producer.enqueue('transcription', { recordingId, traceId }, { priority: attempt.priority });
    // The same object under the same key, if another run was first: only its word counts.
    if (!(await deps.attempts.recordingSettled(attempt._id, 'stored'))) deps.metrics.fencedWrites.inc({ write: 'recording' });
    return done();
  } catch (error) {
    if (!isFinal(error, context)) throw error;
    context.log.error({ err: error }, 'recording given up');
    const why =
      error instanceof RecordingUnusable ? `the recording could not be copied: ${error.reason}` : 'the recording could not be copied';
    await instructionsLost(attempt, why, deps);
    await deps.attempts.recordingSettled(attempt._id, 'failed', why);
    if (isHopeless(error)) return reject(error.message);
    throw error;
  }
};

/** Asked right before the upload: the run may have stood still since it began. Null: it goes on. */
async function wasOvertaken({ _id }: CallAttemptDoc, { attempts, metrics, time }: RecordingDeps): Promise<Outcome | null> {
  const asked = time.now();
  const now = await attempts.find(_id.toHexString());
  if (now?.recording?.state === 'stored') {
    metrics.fencedWrites.inc({ write: 'upload' });
    return skip('another run has stored it');
  }
  if (time.now().getTime() - asked.getTime() <= time.span(UPLOAD_WITHIN_MS)) return null;
  return snooze(time.now(), 'whether another run has stored it is no longer known');
}

interface Audio {
  sid: string;
  bytes: Buffer;
  contentType: string;
  /** Seconds. */
  duration: number;
}

/** Uploads it and says so in every document; the id of its own. Another run writes the same. */
async function keep(
  attempt: CallAttemptDoc,
  callLog: CallLogDoc,
  { sid, bytes, contentType, duration }: Audio,
  deps: RecordingDeps,
  signal: AbortSignal,
): Promise<string> {
  const key = `recordings/${attempt.delivery_id.toHexString()}/${sid}.mp3`;
  const stored = await deps.recordingStore.store({ key, bytes, contentType, metadata: { 'call-sid': callLog.call_sid } }, signal);
  const document = await deps.recordings.ensure(
    newRecording(
      {
        _id: deterministicId('recording', sid),
        call_log_id: callLog._id,
        delivery_id: attempt.delivery_id,
        attempt_id: attempt._id,
        audio_url: stored.url,
        duration,
        file_size: stored.size,
        recording_sid: sid,
        storage_key: key,
        sha256: stored.sha256,
        trace_id: attempt.trace_id,
      },
      deps.time.now(),
    ),
  );
  await deps.callLogs.enrich(callLog._id, { recording_url: stored.url, recording_duration: duration });
  const event = trackingEvent({ deliveryId: attempt.delivery_id, attemptId: attempt._id, status: 'recording_stored', at: deps.time.now() });
  await deps.history.record(event);
  await deps.deliveries.note(attempt.delivery_id, event, { recording_id: document._id });
  return document._id.toHexString();
}
