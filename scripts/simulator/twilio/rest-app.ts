import formbody from '@fastify/formbody';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import fastify from 'fastify';

import { obeyHttpFaults } from '../http-faults.ts';
import type { LogEntry } from '../log.ts';
import type { Office } from './office.ts';
import { errorBody, notFound, RestError } from './rest-error.ts';

const refusals: Readonly<Record<number, [code: number, message: string]>> = {
  429: [20429, 'Too Many Requests'],
  500: [20500, 'Internal Server Error'],
};

const pathOf = (request: FastifyRequest): string => request.url.split('?')[0] ?? '';
const isMedia = (path: string): boolean => /\/Recordings\/RE[^/.]*(\.mp3|\.wav)?$/.test(path);

const toOf = (request: FastifyRequest, office: Office): string | undefined => {
  const { To } = (request.body ?? {}) as { To?: string };
  const sid = /\/((?:CA|RE)[0-9a-f]{32})/.exec(request.url)?.[1] ?? '';
  return To ?? office.store.call(sid)?.request.to ?? office.store.recording(sid)?.to;
};

const loggedFields = ['To', 'From', 'Url', 'Status', 'StatusCallback', 'Timeout', 'MachineDetection', 'AsyncAmd'];

/** What of an answer belongs in the log: the call that was placed, or Twilio's error code. */
const gist = (payload: unknown, status: number): Record<string, unknown> => {
  if (typeof payload !== 'string' || (status !== 201 && status < 400)) return {};
  const { sid, code } = JSON.parse(payload) as { sid?: string; code?: number };
  return sid === undefined ? { code } : { callSid: sid };
};

/** Every request is in the log from its arrival on; its answer's status is added when there is one. */
const keepLog = (app: FastifyInstance, office: Office): void => {
  const entries = new WeakMap<FastifyRequest, LogEntry>();
  app.addHook('preHandler', (request, _reply, done) => {
    const form = Object.fromEntries(
      Object.entries((request.body ?? {}) as Record<string, unknown>).filter(([name]) => loggedFields.includes(name)),
    );
    entries.set(
      request,
      office.log.add('rest', { method: request.method, path: request.url, to: toOf(request, office), form, status: null }),
    );
    done();
  });
  app.addHook('onSend', (request, reply, payload, done) => {
    const entry = entries.get(request);
    if (entry) Object.assign(entry, { status: reply.statusCode }, gist(payload, reply.statusCode));
    done(null, payload);
  });
};

const requireLogin = (app: FastifyInstance, accountSid: string, authToken: string): void => {
  const expected = `Basic ${Buffer.from(`${accountSid}:${authToken}`).toString('base64')}`;
  app.addHook('onRequest', (request, reply, done) => {
    const ours = request.url.startsWith(`/2010-04-01/Accounts/${accountSid}`);
    if (ours && request.headers.authorization === expected) {
      done();
      return;
    }
    void reply.header('www-authenticate', 'Basic realm="Twilio API"');
    done(new RestError(401, 20003, 'Authenticate'));
  });
};

const sendError = (reply: FastifyReply, status: number, code: number, message: string) =>
  reply
    .code(status)
    .type('application/json')
    .send(errorBody(status, code, message));

/** A server that refuses, logs and fails as Twilio's API does; routes are added to it. */
export const createRestApp = async (office: Office, authToken: string): Promise<FastifyInstance> => {
  const app = fastify({ forceCloseConnections: true, exposeHeadRoutes: false });
  await app.register(formbody, { bodyLimit: 1_000_000 });
  requireLogin(app, office.accountSid, authToken);
  keepLog(app, office);
  obeyHttpFaults(app, {
    take: (request, kinds) => {
      const path = pathOf(request);
      return office.faults.take(isMedia(path) ? 'media' : 'twilio', { method: request.method, path, to: toOf(request, office) }, kinds);
    },
    refuse: (reply, status, fault) => {
      const [code, message] = refusals[status] ?? [20500, 'Internal Server Error'];
      if (status === 429) void reply.header('retry-after', String(fault.retryAfter));
      return sendError(reply, status, code, message);
    },
  });
  app.setErrorHandler((error, _request, reply) => {
    if (error instanceof RestError) return sendError(reply, error.status, error.code, error.message);
    return sendError(reply, 500, 20500, error instanceof Error ? error.message : String(error));
  });
  app.setNotFoundHandler((request, reply) => {
    const { status, code, message } = notFound(pathOf(request));
    return sendError(reply, status, code, message);
  });
  return app;
};
