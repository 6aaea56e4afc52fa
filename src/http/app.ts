import helmet from '@fastify/helmet';
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
import { apiHeaders } from './plugins/security-headers.ts';
import { answerClientError } from './problems/client-error.ts';
import { answerError, registerProblems } from './problems/register-problems.ts';

export type { App } from './app-type.ts';

const BODY_LIMIT = 64 * 1024;

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
    // For a request to arrive; and the last resort for an answer: whatever a handler waits for has a shorter limit of its own.
    requestTimeout: 15 * SECOND,
    handlerTimeout: 10 * SECOND,
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
  app.addHook('onRequest', (request, reply, done) => {
    reply.header('x-trace-id', request.id);
    done();
  });
  if (metrics) registerHttpMetrics(app, metrics);
  registerProblems(app);
  await app.register(helmet, apiHeaders);
  return app;
}
