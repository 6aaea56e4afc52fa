import type { ObjectId } from 'mongodb';
import { Schema, type SchemaDefinition } from 'mongoose';
import {
  PRIORITIES,
  PROCESSING_STATUSES,
  SENTIMENTS,
  type Priority,
  type ProcessingStatus,
  type Sentiment,
} from '#src/domain/vocabulary.ts';
import { CLOSED } from './schema-options.ts';

/** What a customer said, stored and verified; born after the upload. */
export interface RecordingDoc {
  _id: ObjectId;
  call_log_id: ObjectId;
  delivery_id: ObjectId;
  audio_url: string;
  /** Seconds. */
  duration: number;
  /** Bytes. */
  file_size?: number;
  format: string;
  transcription: {
    text?: string;
    /** 0 to 1, only where the model gives one. */
    confidence?: number;
    language: string;
    /** Seconds. */
    processing_time?: number;
  };
  ai_analysis: {
    sentiment?: Sentiment;
    keywords: string[];
    instructions?: string;
    priority?: Priority;
    entities: RecordingEntity[];
    summary?: string;
  };
  processing_status: ProcessingStatus;
  processing_attempts: number;
  last_processed_at?: Date;
  error_message?: string;
  access_count: number;
  last_accessed_at?: Date;
  attempt_id?: ObjectId;
  recording_sid?: string;
  /** In the S3 bucket. */
  storage_key?: string;
  sha256?: string;
  trace_id?: string;
  /** The mark of the last guarded write. */
  revision?: ObjectId;
  createdAt: Date;
  updatedAt: Date;
}

export interface RecordingEntity {
  _id?: ObjectId;
  /** Person, location, time and the like. */
  type?: string;
  value?: string;
  confidence?: number;
}

const seed = {
  call_log_id: { type: Schema.Types.ObjectId, ref: 'CallLog', required: true },
  delivery_id: { type: Schema.Types.ObjectId, ref: 'Delivery', required: true },
  audio_url: { type: String, required: true },
  duration: { type: Number, required: true },
  file_size: { type: Number },
  format: { type: String, default: 'mp3' },
  transcription: {
    text: { type: String },
    confidence: { type: Number, min: 0, max: 1 },
    language: { type: String, default: 'en' },
    processing_time: { type: Number },
  },
  ai_analysis: {
    sentiment: { type: String, enum: SENTIMENTS },
    keywords: [String],
    instructions: { type: String },
    priority: { type: String, enum: PRIORITIES },
    entities: [{ type: { type: String }, value: { type: String }, confidence: { type: Number } }],
    summary: { type: String },
  },
  processing_status: { type: String, enum: PROCESSING_STATUSES, default: 'pending' },
  processing_attempts: { type: Number, default: 0 },
  last_processed_at: { type: Date },
  error_message: { type: String },
  access_count: { type: Number, default: 0 },
  last_accessed_at: { type: Date },
} satisfies SchemaDefinition<RecordingDoc>;

const additions = {
  attempt_id: { type: Schema.Types.ObjectId, ref: 'CallAttempt' },
  recording_sid: { type: String },
  storage_key: { type: String },
  sha256: { type: String },
  trace_id: { type: String },
  revision: { type: Schema.Types.ObjectId },
} satisfies SchemaDefinition<RecordingDoc>;

export const recordingSchema = new Schema<RecordingDoc>(
  { ...seed, ...additions },
  { ...CLOSED, collection: 'recordings', timestamps: true },
);

recordingSchema.index({ call_log_id: 1 }, { unique: true });
recordingSchema.index({ delivery_id: 1 });
recordingSchema.index({ processing_status: 1 });
recordingSchema.index({ 'transcription.confidence': -1 });
recordingSchema.index({ createdAt: -1 });

// Ours: the recordings that are still to be transcribed or analysed, and those that an operator must look at.
recordingSchema.index(
  { updatedAt: 1 },
  { name: 'to_process', partialFilterExpression: { processing_status: { $in: ['pending', 'processing'] } } },
);
recordingSchema.index({ updatedAt: 1 }, { name: 'failed', partialFilterExpression: { processing_status: 'failed' } });
