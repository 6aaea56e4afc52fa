import type { ObjectId } from 'mongodb';
import { Schema, type SchemaDefinition } from 'mongoose';
import { CLOSED } from './schema-options.ts';

/** Who did what to what. */
export interface AuditLogDoc {
  _id: ObjectId;
  actor: string;
  action: string;
  subject?: string;
  details?: Record<string, unknown>;
  at: Date;
}

const ours = {
  actor: { type: String, required: true },
  action: { type: String, required: true },
  subject: { type: String },
  details: Schema.Types.Mixed,
  at: { type: Date, required: true },
} satisfies SchemaDefinition<AuditLogDoc>;

export const auditLogSchema = new Schema<AuditLogDoc>(ours, { ...CLOSED, collection: 'auditlogs', timestamps: false });

auditLogSchema.index({ at: -1 });
