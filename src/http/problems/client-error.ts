import type { Socket } from 'node:net';
import { newTraceId } from '#src/platform/tracing.ts';
import { problem } from './http-problem.ts';
import { problemDocument } from './send-problem.ts';

const STATUS: Record<string, number> = { ERR_HTTP_REQUEST_TIMEOUT: 408, HPE_HEADER_OVERFLOW: 431 };

/** Answers what is not even HTTP: there is no request yet, and so no route and no error handler. */
export function answerClientError(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  if (socket.writable) {
    const answer = problem({ status: STATUS[error.code ?? ''] ?? 400 });
    const body = problemDocument(answer, '', newTraceId());
    socket.write(
      `HTTP/1.1 ${answer.status} ${answer.title}\r\nContent-Type: application/problem+json; charset=utf-8\r\n` +
        `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
    );
  }
  socket.destroy(error);
}
