import type { ObjectId } from 'mongodb';
import { Schema, type SchemaDefinition } from 'mongoose';
import { NOTIFICATION_KINDS, type NotificationKind } from '#src/domain/vocabulary.ts';
import { CLOSED } from './schema-options.ts';

export const NOTIFICATION_CHANNELS = ['push'] as const;
export type NotificationChannel = (typeof NOTIFICATION_CHANNELS)[number];

export const NOTIFICATION_STATES = ['pending', 'sending', 'sent', 'skipped', 'failed'] as const;
export type NotificationState = (typeof NOTIFICATION_STATES)[number];

/** A message to a driver, written before it is sent. */
export interface NotificationDoc {
  _id: ObjectId;
  /** The same for everybody who intends this message. */
  key: string;
  delivery_id: ObjectId;
  agent_id: ObjectId;
  attempt_id?: ObjectId;
  kind: NotificationKind;
  channel: NotificationChannel;
  state: NotificationState;
  reason?: string;
  title: string;
  body: string;
  /** Raised by every claim. */
  epoch: number;
  attempts: number;
  claimed_at?: Date;
  sent_at?: Date;
  trace_id: string;
  /** The mark of the last guarded write. */
  revision?: ObjectId;
  createdAt: Date;
  updatedAt: Date;
}

const ours = {
  key: { type: String, required: true },
  delivery_id: { type: Schema.Types.ObjectId, ref: 'Delivery', required: true },
  agent_id: { type: Schema.Types.ObjectId, ref: 'Agent', required: true },
  attempt_id: { type: Schema.Types.ObjectId, ref: 'CallAttempt' },
  kind: { type: String, enum: NOTIFICATION_KINDS, required: true },
  channel: { type: String, enum: NOTIFICATION_CHANNELS, required: true, default: 'push' },
  state: { type: String, enum: NOTIFICATION_STATES, required: true, default: 'pending' },
  reason: { type: String },
  title: { type: String, required: true },
  body: { type: String, required: true },
  epoch: { type: Number, default: 0 },
  attempts: { type: Number, default: 0 },
  claimed_at: { type: Date },
  sent_at: { type: Date },
  trace_id: { type: String, required: true },
  revision: { type: Schema.Types.ObjectId },
} satisfies SchemaDefinition<NotificationDoc>;

export const notificationSchema = new Schema<NotificationDoc>(ours, { ...CLOSED, collection: 'notifications', timestamps: true });

notificationSchema.index({ key: 1 }, { unique: true });
notificationSchema.index({ delivery_id: 1 });
notificationSchema.index({ createdAt: 1 }, { name: 'to_send', partialFilterExpression: { state: { $in: ['pending', 'sending'] } } });
notificationSchema.index({ updatedAt: 1 }, { name: 'failed', partialFilterExpression: { state: 'failed' } });
