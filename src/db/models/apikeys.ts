import type { ObjectId } from 'mongodb';
import { Schema, type SchemaDefinition } from 'mongoose';
import { CLOSED } from './schema-options.ts';

export const API_KEY_ENVIRONMENTS = ['development', 'staging', 'production'] as const;
export type ApiKeyEnvironment = (typeof API_KEY_ENVIRONMENTS)[number];

/** An upstream system's key. */
export interface ApiKeyDoc {
  _id: ObjectId;
  /** A hash: the key itself is shown once, when it is made. */
  key: string;
  name: string;
  description?: string;
  /** Valid only where `APP_ENV` says the same. */
  environment: ApiKeyEnvironment;
  /** Such as `deliveries:read`. */
  permissions: string[];
  /** `requests` per `period` milliseconds. */
  rate_limit: { requests: number; period: number };
  is_active: boolean;
  created_by?: ObjectId;
  last_used_at?: Date;
  usage_count: number;
  /** The key's first characters, for display. */
  prefix?: string;
  createdAt: Date;
  updatedAt: Date;
}

const seed = {
  key: { type: String, required: true },
  name: { type: String, required: true },
  description: { type: String },
  environment: { type: String, enum: API_KEY_ENVIRONMENTS, default: 'development' },
  permissions: [String],
  rate_limit: {
    requests: { type: Number, default: 1000 },
    period: { type: Number, default: 900_000 },
  },
  is_active: { type: Boolean, default: true },
  created_by: { type: Schema.Types.ObjectId, ref: 'Agent' },
  last_used_at: { type: Date },
  usage_count: { type: Number, default: 0 },
} satisfies SchemaDefinition<ApiKeyDoc>;

const additions = {
  prefix: { type: String },
} satisfies SchemaDefinition<ApiKeyDoc>;

export const apiKeySchema = new Schema<ApiKeyDoc>({ ...seed, ...additions }, { ...CLOSED, collection: 'apikeys', timestamps: true });

apiKeySchema.index({ key: 1 }, { unique: true });
