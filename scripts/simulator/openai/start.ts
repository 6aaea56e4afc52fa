import type { FastifyReply } from 'fastify';
import fastify from 'fastify';

import { obeyHttpFaults } from '../http-faults.ts';
import { listen } from '../listen.ts';
import type { World } from '../world.ts';
import { ApiError, errorBody, rateLimited, serverError } from './api-error.ts';
import { completionRoute } from './completions.ts';
import { transcriptionRoute } from './transcriptions.ts';

export interface OpenAiOptions {
  port: number;
  apiKey: string;
}

export interface OpenAi {
  /** As OPENAI_BASE_URL wants it, ending in /v1. */
  baseUrl: string;
  stop: () => Promise<void>;
}

const pathOf = (url: string): string => url.split('?')[0] ?? '';
const sendError = (reply: FastifyReply, error: ApiError) => reply.code(error.status).type('application/json').send(errorBody(error));

/** OpenAI's half of the simulator: transcription and structured chat. */
export const startOpenAi = async (world: World, { port, apiKey }: OpenAiOptions): Promise<OpenAi> => {
  const app = fastify({ forceCloseConnections: true, bodyLimit: 32 * 1024 * 1024 });
  app.addContentTypeParser('multipart/form-data', { parseAs: 'buffer' }, (_request, body, done) => {
    done(null, body);
  });
  app.addHook('onRequest', (request, _reply, done) => {
    if (request.headers.authorization === `Bearer ${apiKey}`) done();
    else done(new ApiError(401, 'Incorrect API key provided.', { code: 'invalid_api_key' }));
  });
  obeyHttpFaults(app, {
    take: (request, kinds) => world.faults.take('openai', { method: request.method, path: pathOf(request.url) }, kinds),
    refuse: (reply, status, fault) => {
      if (status === 429) void reply.header('retry-after', String(fault.retryAfter));
      return sendError(reply, status === 429 ? rateLimited() : serverError());
    },
  });
  app.setErrorHandler((error, _request, reply) => {
    if (error instanceof ApiError) return sendError(reply, error);
    const status = (error as { statusCode?: number }).statusCode ?? 500;
    return sendError(
      reply,
      new ApiError(status, error instanceof Error ? error.message : String(error), status < 500 ? {} : { type: 'server_error' }),
    );
  });
  app.setNotFoundHandler((request, reply) => sendError(reply, new ApiError(404, `Invalid URL (${request.method} ${pathOf(request.url)})`)));
  transcriptionRoute(app, world);
  completionRoute(app, world);
  const bound = await listen(app, port);
  return { baseUrl: `http://127.0.0.1:${bound}/v1`, stop: () => app.close() };
};
