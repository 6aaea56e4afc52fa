import { LogController, type FastifyReply, type FastifyRequest } from 'fastify';

/** Asked every few seconds by machines: of interest only when they fail. */
const QUIET = new Set(['/livez', '/readyz', '/metrics']);

/**
 * One line a request, when it is over: method, route (its pattern, so that no id and no query string is in it), status and duration in
 * milliseconds. Never bodies, query strings or addresses of people.
 */
export class RequestLog extends LogController {
  constructor() {
    super({ requestIdLogLabel: 'traceId' });
  }

  override incomingRequest(): void {
    // Said when it is over.
  }

  override requestCompleted(error: Error | null | undefined, request: FastifyRequest, reply: FastifyReply): void {
    const route = request.routeOptions.url ?? 'none';
    const line = { method: request.method, route, status: reply.statusCode, ms: Math.round(reply.elapsedTime * 10) / 10 };
    if (error) reply.log.warn({ ...line, err: error }, 'answer not delivered');
    else if (QUIET.has(route) && reply.statusCode < 500) reply.log.debug(line, 'request');
    else reply.log.info(line, 'request');
  }

  override streamError(error: Error, request: FastifyRequest, reply: FastifyReply): void {
    this.requestCompleted(error, request, reply);
  }

  override serviceUnavailable(): void {
    // The server is closing, as it was told to: its callers try elsewhere.
  }
}
