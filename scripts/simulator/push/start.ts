import { randomUUID } from 'node:crypto';

import type { FastifyReply, FastifyRequest } from 'fastify';
import fastify from 'fastify';

import { hang } from '../hang.ts';
import { obeyHttpFaults } from '../http-faults.ts';
import { listen } from '../listen.ts';
import type { World } from '../world.ts';
import type { Certificates } from './certificates.ts';
import { decryptPush } from './decrypt.ts';
import type { PushAnswer, PushSubscription, Subscriber } from './subscriptions.ts';
import { createSubscriptions, describeSubscription } from './subscriptions.ts';
import { vapidComplaint } from './vapid.ts';

export interface PushService {
  origin: string;
  /** A new subscription that this service can read; `answer` says how it answers. */
  subscribe: (options?: { label?: string | undefined; answer?: PushAnswer | undefined }) => PushSubscription & { id: string };
  /** Changes how a subscription answers; false where there is none of this id. */
  script: (id: string, answer: PushAnswer) => boolean;
  reset: () => void;
  stop: () => Promise<void>;
}

/** Push services refuse bodies above this (web push guarantees 4096 bytes, RFC 8030 section 7.2). */
const MAX_BYTES = 4096;

const read = (subscriber: Subscriber, body: Buffer): { payload: unknown } | { unreadable: string } => {
  try {
    const text = decryptPush(body, subscriber.keys, subscriber.auth);
    return { payload: text.startsWith('{') ? (JSON.parse(text) as unknown) : text };
  } catch (error) {
    return { unreadable: String(error) };
  }
};

/** What is wrong with the request itself, as a status and a reason. */
const complaint = (request: FastifyRequest, origin: string): [status: number, reason: string] | null => {
  const vapid = vapidComplaint(request.headers.authorization, origin);
  if (vapid !== null) return [request.headers.authorization === undefined ? 401 : 403, vapid];
  if (!/^\d+$/.test(String(request.headers['ttl'] ?? ''))) return [400, 'missing TTL'];
  if (request.headers['content-encoding'] !== 'aes128gcm') return [415, 'the content encoding is not aes128gcm'];
  return (request.body as Buffer).length > MAX_BYTES ? [413, 'payload too large'] : null;
};

/** A push service by TLS, since web push speaks nothing else. */
export const startPush = async ({ log, faults }: World, certificates: Certificates, port: number): Promise<PushService> => {
  const app = fastify({ https: { key: certificates.key, cert: certificates.cert }, forceCloseConnections: true });
  const subscriptions = createSubscriptions();
  const urls = { origin: '' };
  const idOf = (request: FastifyRequest) => request.url.replace(/^\/push\//, '');
  const answer = (reply: FastifyReply, status: number, retryAfter: number, reason: string) => {
    if (status === 429) void reply.header('retry-after', String(retryAfter));
    return reply.code(status).type('text/plain').send(reason);
  };

  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => {
    done(null, body);
  });
  obeyHttpFaults(app, {
    take: (request, kinds) => faults.take('push', { method: request.method, path: request.url }, kinds),
    refuse: (reply, status, fault) => answer(reply, status, fault.retryAfter, 'scripted'),
  });

  app.post<{ Params: { id: string } }>('/push/:id', async (request, reply) => {
    const subscriber = subscriptions.find(idOf(request));
    const fault = faults.take('push', { method: 'POST', path: request.url }, ['401', '403', '404', '410', '413']);
    const scripted = fault ? Number(fault.kind) : (subscriber?.answer ?? 410);
    const wrong = complaint(request, urls.origin);
    const { ttl, urgency, topic } = request.headers;
    const content = subscriber && Buffer.isBuffer(request.body) ? read(subscriber, request.body) : {};
    const status = wrong?.[0] ?? scripted;
    log.add('push', {
      subscription: idOf(request),
      label: subscriber?.label ?? null,
      status,
      reason: wrong?.[1] ?? null,
      ttl,
      urgency,
      topic,
      ...content,
    });
    if (wrong) return answer(reply, wrong[0], 1, wrong[1]);
    if (scripted === 'hang') {
      reply.hijack();
      await hang(request);
      return;
    }
    if (scripted !== 201) return answer(reply, scripted, 1, 'scripted');
    return reply.code(201).header('location', `${urls.origin}/message/${randomUUID()}`).send();
  });

  urls.origin = `https://127.0.0.1:${await listen(app, port)}`;
  return {
    origin: urls.origin,
    subscribe: (options) => {
      const subscriber = subscriptions.create(options);
      return { id: subscriber.id, ...describeSubscription(subscriber, urls.origin) };
    },
    script: (id, scripted) => {
      const subscriber = subscriptions.find(id);
      if (subscriber) subscriber.answer = scripted;
      return subscriber !== undefined;
    },
    reset: () => {
      subscriptions.clear();
    },
    stop: () => app.close(),
  };
};
