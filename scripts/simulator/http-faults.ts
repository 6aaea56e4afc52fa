import { setTimeout } from 'node:timers/promises';

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

import type { Fault } from './faults.ts';
import { hang } from './hang.ts';

const kinds = ['429', '500', 'hang-before', 'hang-after', 'reset-before', 'reset-after', 'slow'];

type HttpFault = Exclude<Fault, { target: 'callback' }>;

interface Wiring {
  take: (request: FastifyRequest, kinds: readonly string[]) => HttpFault | undefined;
  /** Answers in the provider's own words. */
  refuse: (reply: FastifyReply, status: number, fault: HttpFault) => FastifyReply;
}

/** Makes a server obey the scripted faults that any HTTP service may have. Those of one service alone are its handlers' business. */
export const obeyHttpFaults = (app: FastifyInstance, { take, refuse }: Wiring): void => {
  const afterwards = new WeakMap<FastifyRequest, HttpFault>();

  app.addHook('preHandler', async (request, reply) => {
    const fault = take(request, kinds);
    if (!fault) return;
    if (fault.kind === 'slow') return setTimeout(fault.delayMs);
    if (fault.kind === '429' || fault.kind === '500') return refuse(reply, Number(fault.kind), fault);
    if (fault.kind === 'hang-before' || fault.kind === 'reset-before') {
      reply.hijack();
      if (fault.kind === 'hang-before') await hang(request);
      request.raw.socket.destroy();
      return;
    }
    afterwards.set(request, fault);
  });

  app.addHook('onSend', async (request) => {
    const fault = afterwards.get(request);
    if (!fault) return;
    if (fault.kind === 'hang-after') await hang(request);
    request.raw.socket.destroy();
  });
};
