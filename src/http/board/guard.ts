import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Agents, BoardAccess } from '#src/db/repositories/agents.ts';
import { problem, unavailable } from '#src/http/problems/http-problem.ts';
import { sendProblem } from '#src/http/problems/send-problem.ts';
import { SECOND } from '#src/platform/time.ts';
import { within } from '#src/platform/within.ts';
import { notLoggedInPage, sendPage } from './pages.ts';
import type { Sessions } from './session.ts';

/** Whoever lost the access may go on looking for so many milliseconds, and change nothing: for that it is asked each time. */
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

type Standing = BoardAccess | 'none' | 'unknown';

/**
 * Lets only those pass who have access: 401 without a session, as a page with a link for browsers, 403 for whoever has none (any more), 405
 * for whoever may only look and wants to change something. While MongoDB does not answer, a session is good for looking (the board is needed
 * most then, and its cookie says who had access some hours ago), and for nothing else: 503. `monotonic` counts milliseconds.
 */
export function requireAccess(base: string, sessions: Sessions, agents: Pick<Agents, 'boardAccess'>, monotonic: () => number) {
  const standings = new Map<string, { standing: Standing; askedAt: number }>();

  const standingOf = async (id: string, looking: boolean): Promise<Standing> => {
    const askedAt = monotonic();
    const known = standings.get(id);
    if (looking && known && askedAt - known.askedAt < STANDING_TTL) return known.standing;
    const standing = await ask(id).catch((): Standing => (known?.standing === 'none' ? 'none' : 'unknown'));
    standings.set(id, { standing, askedAt });
    return standing;
  };
  const ask = async (id: string): Promise<Standing> => (await within(PATIENCE, agents.boardAccess(id))) ?? 'none';

  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> => {
    const agentId = sessions.agentOf(request);
    if (agentId === null) {
      reply.header('www-authenticate', 'Session realm="board"');
      if (request.headers.accept?.includes('text/html')) return sendPage(reply, 401, notLoggedInPage(base));
      return sendProblem(request, reply, problem({ status: 401, detail: 'Log in first.' }));
    }
    const looking = changesNothing(request);
    const standing = await standingOf(agentId, looking);
    if (standing === 'none') return sendProblem(request, reply, noAccess());
    if (standing === 'unknown' && !looking) return sendProblem(request, reply, unavailable('nothing-done'));
    request.boardAgent = agentId;
    request.mayChange = standing === 'full';
    if (!request.mayChange && !looking) return sendProblem(request, reply, readOnly());
    return undefined;
  };
}

const noAccess = () =>
  problem({ status: 403, detail: 'The board is for active administrators, and for agents who were given board_access.' });
const readOnly = () =>
  problem({
    status: 405,
    type: 'read-only',
    title: 'You may only look',
    detail: 'Nothing was done: your access to the board is for reading. Ask an administrator to do it.',
    headers: { allow: 'GET, HEAD' },
  });
const changesNothing = ({ method }: FastifyRequest): boolean => method === 'GET' || method === 'HEAD';
