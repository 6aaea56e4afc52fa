import { MongoServerError, ObjectId, type Db } from 'mongodb';
import { newAgent, type NewAgent } from '#src/db/documents/agent.ts';
import type { AgentDoc } from '#src/db/models/agents.ts';

const DUPLICATE_KEY = 11_000;

/** What an agent may do on the board: look, or change things as well. */
export type BoardAccess = 'read' | 'full';

/** What a login needs to know of an agent. */
export interface AgentAccount {
  id: string;
  /** An argon2id hash. */
  password: string;
  /** Null: none. */
  boardAccess: BoardAccess | null;
  active: boolean;
}

/** Agents as those who log in. As drivers they are in `drivers.ts`. */
export interface Agents {
  /** `email` in lower case. Agents of any role: who may not enter is told just that, not that the password is wrong. */
  findByEmail(email: string): Promise<AgentAccount | null>;
  /** What this agent may do on the board now; null for one who is not active, or not there (any more). */
  boardAccess(id: string): Promise<BoardAccess | null>;
  recordLogin(id: string, at: Date): Promise<void>;
  /** The new agent's id, or which of the unique fields another agent has. `email` in lower case, `password` hashed. */
  create(agent: NewAgent, now: Date): Promise<{ id: string } | { taken: 'email' | 'phone' }>;
}

export function createAgents(db: Db): Agents {
  const agents = db.collection<AgentDoc>('agents');
  return {
    async findByEmail(email) {
      const found = await agents.findOne({ email }, { projection: { password: 1, role: 1, board_access: 1, is_active: 1 } });
      return found && { id: found._id.toHexString(), password: found.password, boardAccess: accessOf(found), active: found.is_active };
    },
    async boardAccess(id) {
      const found = await agents.findOne({ _id: new ObjectId(id), is_active: true }, { projection: { role: 1, board_access: 1 } });
      return found && accessOf(found);
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

function accessOf({ role, board_access: given }: Pick<AgentDoc, 'role' | 'board_access'>): BoardAccess | null {
  if (role === 'admin') return 'full';
  return given === 'read' ? 'read' : null;
}
