import formbody from '@fastify/formbody';
import fastify from 'fastify';

export interface Received {
  path: string;
  params: Record<string, string>;
  signature: string;
  token: string;
}

/** A customer's server as Twilio sees it: answers TwiML by path, takes every other POST with 204, and remembers all. */
export const startAnsweringApp = async (documents: Readonly<Record<string, string>>) => {
  const app = fastify({ forceCloseConnections: true });
  await app.register(formbody);
  const received: Received[] = [];
  /** Statuses with which the next requests to a path are refused. */
  const refusals = new Map<string, number[]>();

  app.all('*', (request, reply) => {
    const path = request.url.split('?')[0] ?? '';
    received.push({
      path,
      params: (request.method === 'GET' ? request.query : request.body) as Record<string, string>,
      signature: String(request.headers['x-twilio-signature']),
      token: String(request.headers['i-twilio-idempotency-token']),
    });
    const refusal = refusals.get(path)?.shift();
    if (refusal !== undefined) return reply.code(refusal).send();
    const document = documents[path];
    return document === undefined ? reply.code(204).send() : reply.type('text/xml').send(document);
  });
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  return {
    url,
    received,
    refusals,
    at: (path: string) => received.filter((request) => request.path === path).map(({ params }) => params),
    stop: () => app.close(),
  };
};
