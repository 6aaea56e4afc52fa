import type { FastifyReply, FastifyRequest } from 'fastify';
import type { HttpProblem } from './http-problem.ts';

/** Answers with the problem document. As a string: a route's response schema describes its success, and must not judge this. */
export function sendProblem(request: FastifyRequest, reply: FastifyReply, problem: HttpProblem): FastifyReply {
  return reply
    .code(problem.status)
    .headers(problem.headers)
    .header('cache-control', 'no-store')
    .type('application/problem+json; charset=utf-8')
    .send(problemDocument(problem, request.url, request.id));
}

/** RFC 9457. `instance` is the path without its query, `trace_id` what to look for in the log. */
export function problemDocument({ type, title, status, detail, errors }: HttpProblem, url: string, traceId: string): string {
  return JSON.stringify({ type, title, status, detail, instance: url.split('?', 1)[0], trace_id: traceId, errors });
}
