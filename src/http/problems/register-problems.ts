import type { FastifyReply, FastifyRequest } from 'fastify';
import type { App } from '#src/http/app-type.ts';
import { createAllowedMethods } from './allowed-methods.ts';
import { problem } from './http-problem.ts';
import { sendProblem } from './send-problem.ts';
import { toProblem } from './to-problem.ts';

/** Every error, wherever it arises, leaves as a problem document. Call it before the routes are added. */
export function registerProblems(app: App): void {
  const allowed = createAllowedMethods();
  app.addHook('onRoute', (route) => allowed.add(route));

  app.setErrorHandler(answerError);
  app.setNotFoundHandler((request, reply) => {
    const methods = allowed.of(request.url.split('?', 1)[0] ?? '');
    if (methods.length === 0) return sendProblem(request, reply, problem({ status: 404, detail: 'There is nothing at this address.' }));
    return sendProblem(
      request,
      reply,
      problem({ status: 405, detail: `This address knows ${methods.join(', ')}.`, headers: { allow: methods.join(', ') } }),
    );
  });
}

/** Logs a fault of ours, once, here where it is handled; the caller's faults are seen in the request's own line. */
export function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const answer = toProblem(error);
  if (answer.status === 503) request.log.warn({ err: answer.cause ?? error }, 'answered as unavailable');
  else if (answer.status >= 500) request.log.error({ err: answer.cause ?? error }, 'request failed');
  return sendProblem(request, reply, answer);
}
