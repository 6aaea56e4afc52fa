import type { ObjectId } from 'mongodb';
import { Schema, type SchemaDefinition } from 'mongoose';
import { CLOSED } from './schema-options.ts';

export const AGENT_ROLES = ['agent', 'admin'] as const;
export type AgentRole = (typeof AGENT_ROLES)[number];

/** What an agent can be given besides the role. */
export const BOARD_ACCESS = ['read'] as const;

/** Who brings the parcels, and who operates the system (`admin`). */
export interface AgentDoc {
  _id: ObjectId;
  name: string;
  /** E.164. */
  phone: string;
  email: string;
  /** An argon2id hash. */
  password: string;
  role: AgentRole;
  /** Lets one who is no administrator look at the board. Administrators need none: they may do everything there. */
  board_access?: (typeof BOARD_ACCESS)[number];
  active_deliveries: number;
  /** GeoJSON: the collection has a 2dsphere index over it. */
  current_location?: unknown;
  is_active: boolean;
  /** Web push, as the browser gave it: untrusted. */
  push_subscription?: unknown;
  last_login?: Date;
  login_count: number;
  performance_metrics: {
    total_deliveries: number;
    successful_deliveries: number;
    average_rating: number;
    /** Minutes. */
    response_time: number;
  };
  createdAt: Date;
  updatedAt: Date;
}

const seed = {
  name: { type: String, required: true },
  phone: { type: String, required: true },
  email: { type: String, required: true },
  password: { type: String, required: true },
  role: { type: String, enum: AGENT_ROLES, default: 'agent' },
  active_deliveries: { type: Number, default: 0 },
  current_location: Schema.Types.Mixed,
  is_active: { type: Boolean, default: true },
  push_subscription: Schema.Types.Mixed,
  last_login: { type: Date },
  login_count: { type: Number, default: 0 },
  performance_metrics: {
    total_deliveries: { type: Number, default: 0 },
    successful_deliveries: { type: Number, default: 0 },
    average_rating: { type: Number, default: 0 },
    response_time: { type: Number, default: 0 },
  },
} satisfies SchemaDefinition<AgentDoc>;

const additions = {
  board_access: { type: String, enum: BOARD_ACCESS },
} satisfies SchemaDefinition<AgentDoc>;

export const agentSchema = new Schema<AgentDoc>({ ...seed, ...additions }, { ...CLOSED, collection: 'agents', timestamps: true });

agentSchema.index({ email: 1 }, { unique: true });
agentSchema.index({ phone: 1 }, { unique: true });
agentSchema.index({ role: 1 });
agentSchema.index({ is_active: 1 });
agentSchema.index({ 'performance_metrics.total_deliveries': -1 });
agentSchema.index({ current_location: '2dsphere' });
