import type { Catalogue, QueueName } from '#queues/catalogue.ts';
import { analyseTranscript, type AnalysisDeps } from './ai-analysis.ts';
import { compareBooks, type BooksDeps } from './books.ts';
import { applyCallEvent, type CallEventDeps } from './call-event.ts';
import { placeCall, type CallDeps } from './call.ts';
import { rollUpMetrics, type RollupDeps } from './metrics-rollup.ts';
import { pushNotification, type NotificationDeps } from './notification.ts';
import type { Processor } from './processor.ts';
import { runReconcile, type ReconcileDeps } from './reconcile.ts';
import { copyRecording, type RecordingDeps } from './recording.ts';
import { planNextAttempt, type RetryDeps } from './retry.ts';
import { transcribeRecording, type TranscriptionDeps } from './transcription.ts';

/** All that any processor can touch. */
export type WorkerDeps = AnalysisDeps &
  BooksDeps &
  CallDeps &
  CallEventDeps &
  NotificationDeps &
  ReconcileDeps &
  RecordingDeps &
  RetryDeps &
  RollupDeps &
  TranscriptionDeps;

export type Processors = { [Name in QueueName]: Processor<Catalogue[Name], WorkerDeps> };

/** Who does the work of each queue. A queue of the catalogue without a line here does not compile. */
export const processors: Processors = {
  call: placeCall,
  'call-event': applyCallEvent,
  recording: copyRecording,
  transcription: transcribeRecording,
  'ai-analysis': analyseTranscript,
  retry: planNextAttempt,
  notification: pushNotification,
  'metrics-rollup': rollUpMetrics,
  reconcile: runReconcile,
  books: compareBooks,
};
