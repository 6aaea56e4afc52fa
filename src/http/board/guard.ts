import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Agents } from '#src/db/repositories/agents.ts';
import { problem } from '#src/http/problems/http-problem.ts';
import { sendProblem } from '#src/http/problems/send-problem.ts';
import { SECOND } from '#src/platform/time.ts';
import { within } from '#src/platform/within.ts';
import { notLoggedInPage, sendPage } from './pages.ts';
import type { Sessions } from './session.ts';

/** An admin who was dismissed is out after so many milliseconds. */
const STANDING_TTL = 10 * SECOND;
const PATIENCE = SECOND;

// Both answer by themselves instead of throwing: below them Bull Board has an error handler of its own, which would make a 500 of it.

/** Refuses every request that changes something and does not come from our own pages. A browser cannot be made to lie about its Origin. */
export function requireOwnOrigin(origin: string) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> => {
    if (request.method === 'GET' || request.method === 'HEAD' || request.headers.origin === origin) return undefined;
    return sendProblem(request, reply, problem({ status: 403, detail: 'This request does not come from a page of this site.' }));
  };
}

/** Lets only active admins pass: 401 without a session, as a page with a link for browsers, 403 for whoever is no admin (any more). */
export function requireAdmin(base: string, sessions: Sessions, agents: Pick<Agents, 'isActiveAdmin'>, monotonic: () => number) {
  const standings = new Map<string, { admin: boolean; askedAt: number }>();

  const isAdmin = async (id: string): Promise<boolean> => {
    const askedAt = monotonic();
    const known = standings.get(id);
    if (known && askedAt - known.askedAt < STANDING_TTL) return known.admin;
    // While MongoDB is away the board is needed most, and its cookie says who was an admin some hours ago.
    const admin = await within(PATIENCE, agents.isActiveAdmin(id)).catch(() => known?.admin ?? true);
    standings.set(id, { admin, askedAt });
    return admin;
  };

  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> => {
    const agentId = sessions.agentOf(request);
    if (agentId === null) {
      reply.header('www-authenticate', 'Session realm="board"');
      if (request.headers.accept?.includes('text/html')) return sendPage(reply, 401, notLoggedInPage(base));
      return sendProblem(request, reply, problem({ status: 401, detail: 'Log in first.' }));
    }
    if (!(await isAdmin(agentId))) {
      return sendProblem(request, reply, problem({ status: 403, detail: 'The board is for active administrators.' }));
    }
    request.boardAdmin = agentId;
    return undefined;
  };
}
