import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Agents } from '#src/db/repositories/agents.ts';
import { problem, unavailable } from '#src/http/problems/http-problem.ts';
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
    if (changesNothing(request) || request.headers.origin === origin) return undefined;
    return sendProblem(request, reply, problem({ status: 403, detail: 'This request does not come from a page of this site.' }));
  };
}

type Standing = 'admin' | 'none' | 'unknown';

/**
 * Lets only active admins pass: 401 without a session, as a page with a link for browsers, 403 for whoever is no admin (any more). While
 * MongoDB does not answer, a session is good for looking (the board is needed most then, and its cookie says who was an admin some hours
 * ago), and for nothing else: 503. `monotonic` counts milliseconds.
 */
export function requireAdmin(base: string, sessions: Sessions, agents: Pick<Agents, 'isActiveAdmin'>, monotonic: () => number) {
  const standings = new Map<string, { standing: Standing; askedAt: number }>();

  const standingOf = async (id: string, looking: boolean): Promise<Standing> => {
    const askedAt = monotonic();
    const known = standings.get(id);
    // Whoever wants to change something is not told "unknown" because of what was so some seconds ago.
    const enough = known && (looking || known.standing !== 'unknown');
    if (enough && askedAt - known.askedAt < STANDING_TTL) return known.standing;
    const standing = await ask(id).catch((): Standing => (known?.standing === 'none' ? 'none' : 'unknown'));
    standings.set(id, { standing, askedAt });
    return standing;
  };
  const ask = async (id: string): Promise<Standing> => ((await within(PATIENCE, agents.isActiveAdmin(id))) ? 'admin' : 'none');

  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> => {
    const agentId = sessions.agentOf(request);
    if (agentId === null) {
      reply.header('www-authenticate', 'Session realm="board"');
      if (request.headers.accept?.includes('text/html')) return sendPage(reply, 401, notLoggedInPage(base));
      return sendProblem(request, reply, problem({ status: 401, detail: 'Log in first.' }));
    }
    const standing = await standingOf(agentId, changesNothing(request));
    if (standing === 'none')
      return sendProblem(request, reply, problem({ status: 403, detail: 'The board is for active administrators.' }));
    if (standing === 'unknown' && !changesNothing(request)) return sendProblem(request, reply, unavailable('nothing-done'));
    request.boardAdmin = agentId;
    return undefined;
  };
}

const changesNothing = ({ method }: FastifyRequest): boolean => method === 'GET' || method === 'HEAD';
