import { fastify } from 'fastify';
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod';
import type { Logger } from '#src/platform/logger.ts';
import type { Metrics } from '#src/platform/metrics.ts';
import { SECOND } from '#src/platform/time.ts';
import { newTraceId, traceIdOf } from '#src/platform/tracing.ts';
import type { App } from './app-type.ts';
import { registerClosing } from './plugins/closing.ts';
import { registerHttpMetrics } from './plugins/http-metrics.ts';
import { RequestLog } from './plugins/request-log.ts';
import { securityHeaders } from './plugins/security-headers.ts';
import { answerClientError } from './problems/client-error.ts';
import { answerError, registerProblems } from './problems/register-problems.ts';

export type { App } from './app-type.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Everything that the handler waits for has a limit of its own, so that it goes without the server's (a timer, an AbortController and its error for each request). */
    limitsItself?: true;
  }
}

const BODY_LIMIT = 64 * 1024;
/** The last resort: whatever a handler waits for has a shorter limit. */
const ANSWER_TIMEOUT_MS = 10 * SECOND;

/**
 * The HTTP server without any routes: limits, trace ids, problem documents, security headers, one log line and one measurement a request.
 * Closing it refuses new requests (503) and waits for those under way.
 */
export async function createApp({ log, metrics }: { log: Logger; metrics?: Metrics }): Promise<App> {
  const app = fastify({
    loggerInstance: log,
    logController: new RequestLog(),
    genReqId: ({ headers }) => traceIdOf(headers['traceparent']) ?? newTraceId(),
    bodyLimit: BODY_LIMIT,
    // Headers that name other addresses can be written by anybody; PUBLIC_URL is what we go by.
    trustProxy: false,
    // For a request to arrive; for its answer see below.
    requestTimeout: 15 * SECOND,
    frameworkErrors: (error, request, reply) => void answerError(error, request, reply),
    clientErrorHandler: answerClientError,
  }).withTypeProvider<ZodTypeProvider>();

  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.decorateRequest('traceId', {
    getter() {
      return this.id;
    },
  });
  registerClosing(app);
  app.addHook('onRoute', (route) => {
    if (!route.config?.limitsItself) route.handlerTimeout ??= ANSWER_TIMEOUT_MS;
  });
  const headers = securityHeaders();
  app.addHook('onRequest', (request, reply, done) => {
    reply.headers(headers).header('x-trace-id', request.id);
    done();
  });
  if (metrics) registerHttpMetrics(app, metrics);
  registerProblems(app);
  return app;
}
