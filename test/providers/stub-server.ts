import Fastify, { type FastifyReply } from 'fastify';
import { onTestFinished } from 'vitest';

export interface Received {
  method: string;
  /** Path and query. */
  target: string;
  headers: Record<string, string | string[] | undefined>;
  body: Buffer;
}

export interface Stub {
  url: string;
  received: Received[];
}

/** What a request is answered with; `reset` cuts the connection, `hang` answers never. */
export type Answering = (reply: FastifyReply, received: Received) => unknown;

export const json =
  (status: number, body: unknown, headers: Record<string, string> = {}): Answering =>
  (reply) =>
    reply.code(status).headers(headers).send(body);
export const reset: Answering = (reply) => {
  reply.hijack();
  reply.raw.socket?.resetAndDestroy();
};
export const hang: Answering = (reply) => {
  reply.hijack();
};

/** A real HTTP server of the test's own, which takes every request and keeps it. The last answer stays for what comes after. */
export async function stubServer(...answers: [Answering, ...Answering[]]): Promise<Stub> {
  const received: Received[] = [];
  const app = Fastify({ forceCloseConnections: true });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  app.all('*', async (request, reply) => {
    const one = {
      method: request.method,
      target: request.url,
      headers: request.headers,
      body: Buffer.from((request.body as Buffer | null) ?? ''),
    };
    received.push(one);
    const answer = answers[Math.min(received.length, answers.length) - 1] ?? answers[0];
    answer(reply, one);
    return reply;
  });
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  onTestFinished(() => app.close());
  return { url, received };
}

/** An address on which nobody listens. */
export async function deadUrl(): Promise<string> {
  const app = Fastify();
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  await app.close();
  return url;
}

/** Everything that a log could print of an error and of its causes. */
export function words(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return [error.name, error.message, error.stack, JSON.stringify(error), words(error.cause ?? '')].join('\n');
}

/** What a promise rejects with. */
export async function failure(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('it did not fail');
}

export const patience = (): AbortSignal => AbortSignal.timeout(20_000);
