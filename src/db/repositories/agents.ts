import { MongoServerError, ObjectId, type Db } from 'mongodb';
import { newAgent, type NewAgent } from '#src/db/documents/agent.ts';
import type { AgentDoc, AgentRole } from '#src/db/models/agents.ts';

const DUPLICATE_KEY = 11_000;

/** What a login needs to know of an agent. */
export interface AgentAccount {
  id: string;
  /** An argon2id hash. */
  password: string;
  role: AgentRole;
  active: boolean;
}

/** Agents as those who log in. As drivers they are in `drivers.ts`. */
export interface Agents {
  /** `email` in lower case. Agents of any role: who may not enter is told just that, not that the password is wrong. */
  findByEmail(email: string): Promise<AgentAccount | null>;
  /** Whether this agent is, still, an active admin. */
  isActiveAdmin(id: string): Promise<boolean>;
  recordLogin(id: string, at: Date): Promise<void>;
  /** The new agent's id, or which of the unique fields another agent has. `email` in lower case, `password` hashed. */
  create(agent: NewAgent, now: Date): Promise<{ id: string } | { taken: 'email' | 'phone' }>;
}

export function createAgents(db: Db): Agents {
  const agents = db.collection<AgentDoc>('agents');
  return {
    async findByEmail(email) {
      const found = await agents.findOne({ email }, { projection: { password: 1, role: 1, is_active: 1 } });
      return found && { id: found._id.toHexString(), password: found.password, role: found.role, active: found.is_active };
    },
    async isActiveAdmin(id) {
      const found = await agents.findOne({ _id: new ObjectId(id), role: 'admin', is_active: true }, { projection: { _id: 1 } });
      return found !== null;
    },
    async recordLogin(id, at) {
      await agents.updateOne({ _id: new ObjectId(id) }, { $set: { last_login: at, updatedAt: at }, $inc: { login_count: 1 } });
    },
    async create(given, now) {
      const agent = newAgent(given, now);
      try {
        await agents.insertOne(agent);
        return { id: agent._id.toHexString() };
      } catch (error) {
        if (!(error instanceof MongoServerError) || error.code !== DUPLICATE_KEY) throw error;
        return { taken: 'email' in ((error['keyPattern'] as object | undefined) ?? {}) ? 'email' : 'phone' };
      }
    },
  };
}
