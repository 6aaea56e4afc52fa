import type { CookieSerializeOptions } from '@fastify/cookie';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { HOUR, type Time } from '#src/platform/time.ts';

const COOKIE = 'delauto_board';
/** Of real time, however fast the clock goes: somebody sits before it. */
const LIFETIME = 8 * HOUR;
const VALUE = /^board\.([0-9a-f]{24})\.(\d{13,})$/;

export interface Sessions {
  start(reply: FastifyReply, agentId: string): void;
  end(reply: FastifyReply): void;
  /** The agent of a valid session that is not over, else null. */
  agentOf(request: FastifyRequest): string | null;
}

/**
 * Sessions that live in a signed cookie: who, and until when; no process has to remember them. So one cannot be ended from here before its
 * time, except by its owner's browser: what its agent may (still) do is asked of the database.
 */
export function createSessions({ path, secure, time }: { path: string; secure: boolean; time: Pick<Time, 'now' | 'span'> }): Sessions {
  const attributes: CookieSerializeOptions = { path, secure, httpOnly: true, sameSite: 'strict' };
  return {
    start(reply, agentId) {
      const until = Math.floor(time.now().getTime() + time.span(LIFETIME));
      reply.setCookie(COOKIE, `board.${agentId}.${until}`, { ...attributes, signed: true, maxAge: LIFETIME / 1000 });
    },
    end(reply) {
      reply.clearCookie(COOKIE, attributes);
    },
    agentOf(request) {
      const cookie = request.cookies[COOKIE];
      const signed = cookie === undefined ? undefined : request.unsignCookie(cookie);
      const [, agentId, until] = (signed?.valid ? VALUE.exec(signed.value) : null) ?? [];
      return agentId !== undefined && Number(until) > time.now().getTime() ? agentId : null;
    },
  };
}
