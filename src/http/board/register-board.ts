import cookie from '@fastify/cookie';
import formbody from '@fastify/formbody';
import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { FastifyAdapter } from '@bull-board/fastify';
import type { Queue } from 'bullmq';
import type { Agents } from '#src/db/repositories/agents.ts';
import type { App } from '#src/http/app-type.ts';
import { problem } from '#src/http/problems/http-problem.ts';
import { sendProblem } from '#src/http/problems/send-problem.ts';
import type { RedisClient } from '#src/platform/redis.ts';
import type { Time } from '#src/platform/time.ts';
import type { Audit } from './audit.ts';
import { requireAccess, requireOwnOrigin } from './guard.ts';
import { boardHeaders } from './headers.ts';
import { registerLogin } from './login.ts';
import { hideActions, hidePhones } from './what-is-shown.ts';
import { createSessions } from './session.ts';
import { createLoginThrottle } from './throttle.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** The agent whose session this is; set by the board's guard, and only there. */
    boardAgent: string;
    /** Whether this agent may do more than look. */
    mayChange: boolean;
  }
}

export interface BoardOptions {
  /** Every queue that is to be seen. */
  queues: Iterable<Queue>;
  agents: Pick<Agents, 'findByEmail' | 'boardAccess' | 'recordLogin'>;
  audit: Audit;
  /** PUBLIC_URL: the only origin whose pages may change something. */
  publicUrl: string;
  /** SESSION_SECRET. */
  secret: string;
  /** A client that fails fast, and the prefix of its keys. */
  redis: RedisClient;
  prefix: string;
  time: Pick<Time, 'now' | 'span'>;
  /** Milliseconds of a clock that nobody sets. */
  monotonic: () => number;
}

const POLL_SECONDS = 5;

/**
 * Bull Board at /board, for active admins, and for looking also for agents with `board_access`. It can retry, edit and obliterate: every such
 * request is written to the audit log, a refused one, too.
 */
export async function registerBoard(app: App, options: BoardOptions): Promise<void> {
  const { queues, agents, redis, prefix, time } = options;
  const { origin, protocol, pathname } = new URL(options.publicUrl);
  const base = `${pathname.replace(/\/+$/, '')}/board`;
  const sessions = createSessions({ path: base, secure: protocol === 'https:', time });
  const audit = forgiving(options.audit, app);

  const adapter = new FastifyAdapter().setBasePath(base);
  createBullBoard({
    queues: [...queues].map((queue) => new BullMQAdapter(queue)),
    serverAdapter: adapter,
    options: {
      uiConfig: {
        boardTitle: 'DelAuto',
        hideRedisDetails: true,
        hideDocsLink: true,
        pollingInterval: { showSetting: false, forceInterval: POLL_SECONDS },
        miscLinks: [{ text: 'Log out', url: `${base}/logout` }],
      },
    },
  });

  // Bull Board's own would answer with whatever Redis said, and tell nobody else.
  adapter.setErrorHandler((error) => {
    app.log.warn({ err: error }, 'board request failed');
    const { statusCode: status = 500 } = error as { statusCode?: number };
    return { status: status as 500, body: { error: { key: 'ERRORS.INTERNAL_SERVER_ERROR' }, message: 'The reason is in the log.' } };
  });

  app.decorateRequest('boardAgent', '');
  app.decorateRequest('mayChange', false);
  await app.register(
    async (scope: App) => {
      await scope.register(cookie, { secret: options.secret });
      await scope.register(formbody);
      scope.addHook('onRequest', async (_request, reply) => {
        reply.headers(boardHeaders);
        reply.header('cache-control', 'no-store');
      });
      scope.addHook('onRequest', requireOwnOrigin(origin));
      registerLogin(scope, { base, agents, sessions, throttle: createLoginThrottle(redis, prefix), audit, now: () => time.now() });

      await scope.register(async (board: App) => {
        board.addHook('onRequest', requireAccess(base, sessions, agents, options.monotonic));
        board.addHook('preSerialization', hideActions);
        board.addHook('onSend', hidePhones);
        board.addHook('onResponse', async (request, reply) => {
          if (request.method === 'GET' || request.method === 'HEAD' || request.boardAgent === '') return;
          const [path] = request.url.split('?', 1);
          await audit({
            actor: request.boardAgent,
            action: 'board.change',
            details: { method: request.method, path, status: reply.statusCode },
          });
        });
        // Addresses below /board that do not exist are nobody's business either.
        board.setNotFoundHandler((request, reply) => sendProblem(request, reply, problem({ status: 404 })));
        await board.register(adapter.registerPlugin());
      });
    },
    { prefix: '/board' },
  );
}

/** What cannot be written is logged: the request that it tells of was answered already. */
function forgiving(audit: Audit, app: App): Audit {
  return async (entry) => {
    await audit(entry).catch((error: unknown) =>
      app.log.error({ err: error, action: entry.action, actor: entry.actor }, 'audit entry not written'),
    );
  };
}
