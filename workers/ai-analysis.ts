import { isDeepStrictEqual } from 'node:util';
import type { ObjectId } from 'mongodb';
import type { aiAnalysis } from '#queues/ai-analysis.ts';
import type { DeliveryDoc } from '#src/db/models/deliveries.ts';
import type { RecordingDoc } from '#src/db/models/recordings.ts';
import type { AttemptStore } from '#src/db/repositories/attempts/store.ts';
import type { CallLogs } from '#src/db/repositories/call-logs.ts';
import type { Customers } from '#src/db/repositories/customers.ts';
import type { Deliveries } from '#src/db/repositories/deliveries.ts';
import type { History } from '#src/db/repositories/history.ts';
import type { Recordings } from '#src/db/repositories/recordings.ts';
import { speaksToTheModel } from '#src/domain/speaks-to-the-model.ts';
import { notifyDriver } from '#src/pipeline/notify-driver.ts';
import { trackingEvent } from '#src/pipeline/tracking-event.ts';
import type { Metrics } from '#src/platform/metrics.ts';
import type { Time } from '#src/platform/time.ts';
import type { Analysis, Analyst } from '#src/providers/analyst.ts';
import { isFinal, isHopeless } from './final.ts';
import { done, reject, skip } from './outcome.ts';
import type { Processor } from './processor.ts';
import { giveUpRecording, type GiveUpRecordingDeps } from './steps/give-up-recording.ts';

export interface AnalysisDeps extends GiveUpRecordingDeps {
  attempts: AttemptStore;
  recordings: Recordings;
  callLogs: CallLogs;
  customers: Customers;
  deliveries: Deliveries;
  history: History;
  metrics: Metrics;
  analyst: Analyst;
  time: Time;
}

/** How much of a message without instructions the driver reads, in characters: with address and words around it less than a push's body holds. */
const LONGEST_EXCERPT = 120;

/**
 * Reads the transcript and hands the driver what the customer asked for. When retries run out, the driver is told to ask, and the
 * Recording is `failed` until an operator replays the job.
 */
export const analyseTranscript: Processor<typeof aiAnalysis, AnalysisDeps> = async ({ recordingId }, deps, context) => {
  const recording = await deps.recordings.find(recordingId);
  const transcript = recording?.transcription.text;
  if (!recording || transcript === undefined) return skip('no transcript to analyse');
  const status = recording.processing_status;
  if (status === 'completed') return skip('recording is completed');
  if (status === 'failed' && !(await deps.recordings.started(recording._id))) return skip('recording has moved on');
  try {
    const analysis = await analysisOf(recording, transcript, deps, context.signal);
    await handOver(recording, transcript, analysis.instructions?.trim() ?? '', deps);
    // Last: until then the recording stays in the work list.
    await deps.recordings.completed(recording._id);
    return done();
  } catch (error) {
    if (isFinal(error, context)) await giveUpRecording(recording, 'the transcript could not be analysed', deps);
    if (isHopeless(error)) return reject(error.message);
    throw error;
  }
};

type Analysed = Partial<RecordingDoc['ai_analysis']>;

/** Of silence nobody is asked: there is nothing to read, and something might be found all the same. */
async function analysisOf(recording: RecordingDoc, transcript: string, deps: AnalysisDeps, signal: AbortSignal): Promise<Analysed> {
  if (recording.ai_analysis.summary === undefined) return transcript.trim() === '' ? {} : analyse(recording, transcript, deps, signal);
  await agree(recording.call_log_id, recording.ai_analysis, deps);
  return recording.ai_analysis;
}

async function analyse(recording: RecordingDoc, transcript: string, deps: AnalysisDeps, signal: AbortSignal): Promise<Analysed> {
  const analysis = await deps.analyst.analyse({ transcript, language: recording.transcription.language }, signal);
  const shared = sharedFields(analysis);
  const { entities, summary, confidence_score } = analysis;
  const ofCall = { ...shared, confidence_score };
  // First: once the recording has its analysis, no run asks again, and how sure the model was would be lost.
  const isFirst = await deps.callLogs.analysed(recording.call_log_id, ofCall);
  if (await deps.recordings.analysed(recording._id, { ...shared, entities, summary })) {
    // In place of what a run left that did not come this far.
    if (!isFirst) await deps.callLogs.enrich(recording.call_log_id, { ai_analysis: ofCall });
    return { ...shared, entities, summary };
  }
  // Another run was first: its analysis counts.
  deps.metrics.fencedWrites.inc({ write: 'analysis' });
  const first = (await deps.recordings.find(recording._id.toHexString()))?.ai_analysis;
  if (!first) return {};
  await agree(recording.call_log_id, first, deps);
  return first;
}

/** The CallLog says what the Recording says: a run may have died, or slept, on its way from the one to the other. */
async function agree(
  callLogId: ObjectId,
  { entities: _e, summary: _s, ...counts }: RecordingDoc['ai_analysis'],
  deps: AnalysisDeps,
): Promise<void> {
  const { confidence_score: _c, ...noted } = (await deps.callLogs.find(callLogId))?.ai_analysis ?? {};
  if (!isDeepStrictEqual(noted, counts)) await deps.callLogs.enrich(callLogId, { ai_analysis: counts });
}

const sharedFields = ({ sentiment, keywords, priority, instructions }: Analysis) => ({
  sentiment,
  keywords,
  priority,
  ...(instructions === null ? {} : { instructions }),
});

/**
 * Onto the delivery go the instructions alone: a transcript never changes priority, phone, status or recipients. Where the model found
 * none nothing is appended, and the driver reads what was said, marked as such.
 */
async function handOver(recording: RecordingDoc, transcript: string, instructions: string, deps: AnalysisDeps): Promise<void> {
  const delivery = await deps.deliveries.find(recording.delivery_id);
  const attempt = recording.attempt_id ? await deps.attempts.find(recording.attempt_id.toHexString()) : null;
  if (!delivery || !attempt) return;
  if (speaksToTheModel(transcript)) await flag(recording, delivery, deps);
  const event = trackingEvent({
    deliveryId: delivery._id,
    attemptId: attempt._id,
    status: instructions === '' ? 'no_instructions_found' : 'instructions_received',
    at: deps.time.now(),
    occasion: recording._id.toHexString(),
  });
  await deps.history.record(event);
  if (instructions === '') await deps.deliveries.note(delivery._id, event);
  else await deps.deliveries.addInstructions(delivery._id, event, instructions);
  const customer = await deps.customers.find(delivery.customer_id);
  await notifyDriver(
    delivery,
    {
      kind: 'instructions',
      attemptNumber: attempt.number,
      traceId: attempt.trace_id,
      customerName: customer?.name ?? '',
      instructions: instructions === '' ? withoutInstructions(transcript) : instructions,
    },
    deps,
  );
}

async function flag({ _id, attempt_id }: RecordingDoc, delivery: DeliveryDoc, deps: AnalysisDeps): Promise<void> {
  const event = trackingEvent({
    deliveryId: delivery._id,
    ...(attempt_id ? { attemptId: attempt_id } : {}),
    status: 'message_flagged',
    notes: 'the message seems to speak to the analysis, not to the driver',
    at: deps.time.now(),
    occasion: _id.toHexString(),
  });
  await deps.history.record(event);
  await deps.deliveries.note(delivery._id, event);
}

/** What the driver reads in place of instructions; empty where nothing was said. */
function withoutInstructions(transcript: string): string {
  const said = transcript.trim().replaceAll(/\s+/g, ' ');
  if (said === '') return '';
  // Cut between whole characters.
  const excerpt = said.length > LONGEST_EXCERPT ? `${said.slice(0, LONGEST_EXCERPT - 1).replace(/[\uD800-\uDBFF]$/, '')}…` : said;
  return `no instructions were found in the message: “${excerpt}” Please ask.`;
}
