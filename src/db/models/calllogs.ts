import type { ObjectId } from 'mongodb';
import { Schema, type SchemaDefinition } from 'mongoose';
import {
  CALL_STATUSES,
  OUTCOMES,
  PRIORITIES,
  SENTIMENTS,
  type CallStatus,
  type Outcome,
  type Priority,
  type Sentiment,
} from '#src/domain/vocabulary.ts';
import { MACHINE_NOW } from './machine-now.ts';
import { CLOSED } from './schema-options.ts';

export const CALL_DIRECTIONS = ['outbound', 'inbound'] as const;
export type CallDirection = (typeof CALL_DIRECTIONS)[number];

/** A call that Twilio knows of. Its status moves only through the reducer. */
export interface CallLogDoc {
  _id: ObjectId;
  delivery_id: ObjectId;
  call_sid: string;
  status: CallStatus;
  from_number: string;
  to_number: string;
  direction: CallDirection;
  start_time?: Date;
  end_time?: Date;
  /** Seconds. */
  duration?: number;
  recording_url?: string;
  /** Seconds. */
  recording_duration?: number;
  transcription?: string;
  ai_analysis: {
    sentiment?: Sentiment;
    keywords: string[];
    instructions?: string;
    priority?: Priority;
    /** 0 to 1. */
    confidence_score?: number;
  };
  error_code?: string;
  error_message?: string;
  /** The attempt's number minus one. */
  retry_count: number;
  /** The last 50; all of them are in `webhookevents`. */
  webhook_events: CallLogEvent[];
  attempt_id?: ObjectId;
  answered_by?: string;
  outcome?: Outcome;
  /** How many events this document is drawn from. */
  event_count?: number;
  /** The mark of the last guarded write. */
  revision?: ObjectId;
  createdAt: Date;
  updatedAt: Date;
}

export interface CallLogEvent {
  _id?: ObjectId;
  event?: string;
  timestamp: Date;
  data?: unknown;
}

const seed = {
  delivery_id: { type: Schema.Types.ObjectId, ref: 'Delivery', required: true },
  call_sid: { type: String, required: true },
  status: { type: String, enum: CALL_STATUSES, required: true },
  from_number: { type: String, required: true },
  to_number: { type: String, required: true },
  direction: { type: String, enum: CALL_DIRECTIONS, default: 'outbound' },
  start_time: { type: Date },
  end_time: { type: Date },
  duration: { type: Number },
  recording_url: { type: String },
  recording_duration: { type: Number },
  transcription: { type: String },
  ai_analysis: {
    sentiment: { type: String, enum: SENTIMENTS },
    keywords: [String],
    instructions: { type: String },
    priority: { type: String, enum: PRIORITIES },
    confidence_score: { type: Number, min: 0, max: 1 },
  },
  error_code: { type: String },
  error_message: { type: String },
  retry_count: { type: Number, default: 0 },
  webhook_events: [
    {
      event: { type: String },
      timestamp: { type: Date, default: MACHINE_NOW },
      data: Schema.Types.Mixed,
    },
  ],
} satisfies SchemaDefinition<CallLogDoc>;

const additions = {
  attempt_id: { type: Schema.Types.ObjectId, ref: 'CallAttempt' },
  answered_by: { type: String },
  outcome: { type: String, enum: OUTCOMES },
  event_count: { type: Number, min: 0 },
  revision: { type: Schema.Types.ObjectId },
} satisfies SchemaDefinition<CallLogDoc>;

export const callLogSchema = new Schema<CallLogDoc>({ ...seed, ...additions }, { ...CLOSED, collection: 'calllogs', timestamps: true });

callLogSchema.index({ delivery_id: 1 });
callLogSchema.index({ call_sid: 1 }, { unique: true });
callLogSchema.index({ status: 1 });
callLogSchema.index({ start_time: 1 });
callLogSchema.index({ 'ai_analysis.sentiment': 1 });
callLogSchema.index({ createdAt: -1 });
