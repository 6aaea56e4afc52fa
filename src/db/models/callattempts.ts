import type { ObjectId } from 'mongodb';
import { Schema, type SchemaDefinition } from 'mongoose';
import {
  ATTEMPT_STATES,
  CHANNELS,
  FOLLOW_UPS,
  LIVE_ATTEMPT_STATES,
  OUTCOMES,
  PRIORITIES,
  RECORDING_STATES,
  type AttemptState,
  type Channel,
  type FollowUp,
  type Outcome,
  type Priority,
  type RecordingState,
} from '#src/domain/vocabulary.ts';
import { CLOSED } from './schema-options.ts';

/** The ledger: one attempt to reach a customer, written before the effect and moved only by guarded writes. */
export interface CallAttemptDoc {
  _id: ObjectId;
  delivery_id: ObjectId;
  customer_id: ObjectId;
  /** The delivery's first attempt is 1. */
  number: number;
  /** Of the delivery's attempts before this one, how many were proved not placed: they do not count against `max_retries`. None: 0. */
  not_placed_before?: number;
  channel: Channel;
  /** E.164. */
  to_number: string;
  state: AttemptState;
  due_at: Date;
  /** Raised by every claim; every write of a run names the epoch that it holds. */
  epoch: number;
  /** Part of the job's id. */
  generation: number;
  priority: Priority;
  trace_id: string;
  /** The mark of the last guarded write. */
  revision?: ObjectId;
  claimed_at?: Date;
  submitted_at?: Date;
  unknown_at?: Date;
  finished_at?: Date;
  call_sid?: string;
  answered_by?: string;
  outcome?: Outcome;
  reason?: string;
  error_code?: string;
  /** The key that the customer pressed. */
  choice?: string;
  /** How many events this document is drawn from. */
  event_count: number;
  cancel_requested: boolean;
  /** `duration` in seconds. */
  recording?: { state: RecordingState; sid?: string; duration?: number; error?: string };
  /** Whether what follows the outcome is still to be decided. */
  follow_up?: FollowUp;
  /** Look-ups at Twilio; `empty` of them knew of no such call. */
  lookups?: { count: number; empty: number; last_at?: Date };
  createdAt: Date;
  updatedAt: Date;
}

const ours = {
  delivery_id: { type: Schema.Types.ObjectId, ref: 'Delivery', required: true },
  customer_id: { type: Schema.Types.ObjectId, ref: 'Customer', required: true },
  number: { type: Number, min: 1, required: true },
  not_placed_before: { type: Number, min: 1 },
  channel: { type: String, enum: CHANNELS, default: 'call' },
  to_number: { type: String, required: true },
  state: { type: String, enum: ATTEMPT_STATES, required: true, default: 'planned' },
  due_at: { type: Date, required: true },
  epoch: { type: Number, default: 0 },
  generation: { type: Number, default: 1 },
  priority: { type: String, enum: PRIORITIES, default: 'normal' },
  trace_id: { type: String, required: true },
  revision: { type: Schema.Types.ObjectId },
  claimed_at: { type: Date },
  submitted_at: { type: Date },
  unknown_at: { type: Date },
  finished_at: { type: Date },
  call_sid: { type: String },
  answered_by: { type: String },
  outcome: { type: String, enum: OUTCOMES },
  reason: { type: String },
  error_code: { type: String },
  choice: { type: String },
  event_count: { type: Number, default: 0 },
  cancel_requested: { type: Boolean, default: false },
  recording: {
    sid: { type: String },
    state: { type: String, enum: RECORDING_STATES },
    duration: { type: Number },
    error: { type: String },
  },
  follow_up: { type: String, enum: FOLLOW_UPS },
  lookups: { count: { type: Number }, empty: { type: Number }, last_at: { type: Date } },
} satisfies SchemaDefinition<CallAttemptDoc>;

export const callAttemptSchema = new Schema<CallAttemptDoc>(ours, { ...CLOSED, collection: 'callattempts', timestamps: true });

callAttemptSchema.index({ delivery_id: 1, number: 1 }, { unique: true });
// One live contact per phone: stops two deliveries ringing one person at once, and lets a look-up by number identify the attempt.
callAttemptSchema.index(
  { to_number: 1 },
  { name: 'live_contact', unique: true, partialFilterExpression: { state: { $in: [...LIVE_ATTEMPT_STATES] } } },
);
// `$gt: ''` means any string: unlike `$type`, the planner sees that a look-up of one SID is within it, and uses the index.
callAttemptSchema.index({ call_sid: 1 }, { unique: true, partialFilterExpression: { call_sid: { $gt: '' } } });
callAttemptSchema.index({ to_number: 1, claimed_at: 1 });
// The metrics count attempts by the moment in which they ended.
callAttemptSchema.index({ finished_at: 1 }, { partialFilterExpression: { finished_at: { $exists: true } } });

// The work lists, one index each. With `_id`, which breaks ties, the index gives the order and no more is read than is returned.
const workList = (name: string, field: string, of: object) =>
  callAttemptSchema.index({ [field]: 1, _id: 1 }, { name, partialFilterExpression: of });
workList('planned', 'due_at', { state: 'planned' });
workList('submitting', 'claimed_at', { state: 'submitting' });
workList('unknown', 'unknown_at', { state: 'unknown' });
workList('under_way', 'submitted_at', { state: { $in: ['submitted', 'in_progress'] } });
workList('follow_up', 'updatedAt', { follow_up: 'due' });
workList('recording', 'updatedAt', { 'recording.state': { $in: ['expected', 'pending'] } });
workList('recording_failed', 'updatedAt', { 'recording.state': 'failed' });
