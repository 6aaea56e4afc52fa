import { recordingSchema, type RecordingDoc } from '#src/db/models/recordings.ts';
import { documentBuilder, type Given } from './build.ts';

export type NewRecording = Given<
  RecordingDoc,
  | '_id'
  | 'createdAt'
  | 'updatedAt'
  | 'format'
  | 'transcription'
  | 'ai_analysis'
  | 'processing_status'
  | 'processing_attempts'
  | 'access_count'
>;

/** Pending: neither transcribed nor analysed. */
export const newRecording = documentBuilder<RecordingDoc, NewRecording>(recordingSchema);
