import type { ObjectId } from 'mongodb';
import { Schema, type SchemaDefinition } from 'mongoose';
import { EVENT_KINDS, type EventKind } from '#src/domain/vocabulary.ts';
import { CLOSED } from './schema-options.ts';

export const EVENT_STATES = ['received', 'applied', 'refused'] as const;
export type EventState = (typeof EVENT_STATES)[number];

/** The inbox: what Twilio told us about one attempt, filed before it is answered. */
export interface WebhookEventDoc {
  _id: ObjectId;
  /** The same for every delivery of one event. */
  dedupe_key: string;
  kind: EventKind;
  attempt_id: ObjectId;
  call_sid: string;
  /** Twilio's SequenceNumber, from 0. */
  sequence?: number;
  occurred_at: Date;
  data: Record<string, unknown>;
  received_at: Date;
  state: EventState;
  reason?: string;
  applied_at?: Date;
  trace_id: string;
}

const ours = {
  dedupe_key: { type: String, required: true },
  kind: { type: String, enum: EVENT_KINDS, required: true },
  attempt_id: { type: Schema.Types.ObjectId, ref: 'CallAttempt', required: true },
  call_sid: { type: String, required: true },
  sequence: { type: Number },
  occurred_at: { type: Date, required: true },
  data: { type: Schema.Types.Mixed, required: true },
  received_at: { type: Date, required: true },
  state: { type: String, enum: EVENT_STATES, required: true, default: 'received' },
  reason: { type: String },
  applied_at: { type: Date },
  trace_id: { type: String, required: true },
} satisfies SchemaDefinition<WebhookEventDoc>;

export const webhookEventSchema = new Schema<WebhookEventDoc>(ours, {
  ...CLOSED,
  collection: 'webhookevents',
  timestamps: false,
  minimize: false, // an event without data keeps its empty object
});

webhookEventSchema.index({ dedupe_key: 1 }, { unique: true });
webhookEventSchema.index({ attempt_id: 1, occurred_at: 1 });
webhookEventSchema.index({ received_at: 1 }, { partialFilterExpression: { state: 'received' } });
