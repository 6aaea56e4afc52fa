import { agentSchema, type AgentDoc } from '#src/db/models/agents.ts';
import { documentBuilder, type Given } from './build.ts';

export type NewAgent = Given<
  AgentDoc,
  '_id' | 'createdAt' | 'updatedAt' | 'role' | 'active_deliveries' | 'is_active' | 'login_count' | 'performance_metrics'
>;

/** The password must be hashed already. */
export const newAgent = documentBuilder<AgentDoc, NewAgent>(agentSchema);
