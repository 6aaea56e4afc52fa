import type { FastifyReply } from 'fastify';
import fastify from 'fastify';
import { z } from 'zod';

import type { FaultInput } from './faults.ts';
import { listen } from './listen.ts';
import { ScenarioName, Step } from './scenarios.ts';
import type { Simulator } from './simulator.ts';

const Sequence = z
  .string()
  .refine((text) => text.split(',').every((name) => ScenarioName.safeParse(name.trim()).success), 'unknown scenario');
const Steps = z.strictObject({ steps: z.union([Sequence, Step, z.array(Step).min(1)]) });
const Answer = z.union([z.literal([201, 401, 403, 404, 410, 413, 429, 500]), z.literal('hang')]);
const NewSubscription = z.strictObject({ label: z.string().optional(), answer: Answer.optional() });
const LogQuery = z.strictObject({
  kind: z.string().optional(),
  callSid: z.string().optional(),
  to: z.string().optional(),
  after: z.coerce.number().optional(),
  limit: z.coerce.number().min(1).optional(),
});

/** The part of a simulator that the control API needs; its own address is not known before it listens. */
type Controlled = Omit<Simulator, 'urls' | 'stop'> & { urls: Omit<Simulator['urls'], 'control'> };

const missing = (reply: FastifyReply) => reply.code(404).send({ error: 'no such thing' });

/** The control API, JSON under /_control, on a server of its own that scripted faults do not reach. Malformed requests answer 400 with the reason. */
export const startControl = async (simulator: Controlled, port: number): Promise<{ url: string; stop: () => Promise<void> }> => {
  const app = fastify({ forceCloseConnections: true });
  app.setErrorHandler((error, _request, reply) => {
    if (error instanceof z.ZodError) return reply.code(400).send({ error: z.prettifyError(error) });
    const status = (error as { statusCode?: number }).statusCode ?? (error instanceof SyntaxError ? 400 : 500);
    return reply.code(status).send({ error: error instanceof Error ? error.message : String(error) });
  });

  app.get('/_control', () => ({
    about: 'DelAuto provider simulator: nobody is phoned',
    urls: simulator.urls,
    caFile: simulator.caFile,
    env: simulator.env,
    clock: simulator.clock,
  }));
  app.get('/_control/log', ({ query }) => ({
    forgotten: simulator.log.forgotten(),
    entries: simulator.log.entries(LogQuery.parse(query)),
  }));
  app.get<{ Querystring: { to?: string } }>('/_control/calls', ({ query }) => ({
    calls: simulator.calls().filter(({ to }) => query.to === undefined || to === query.to),
  }));

  app.get('/_control/numbers', () => simulator.numbers());
  app.put<{ Params: { number: string } }>('/_control/numbers/:number', ({ params, body }, reply) => {
    simulator.setNumber(params.number, Steps.parse(body).steps);
    return reply.code(204).send();
  });

  app.get('/_control/faults', () => simulator.faults.pending());
  app.post('/_control/faults', ({ body }, reply) => reply.code(201).send({ id: simulator.addFault(body as FaultInput) }));
  app.delete('/_control/faults', (_request, reply) => {
    simulator.faults.clear();
    return reply.code(204).send();
  });
  app.delete<{ Params: { id: string } }>('/_control/faults/:id', ({ params }, reply) =>
    simulator.faults.remove(params.id) ? reply.code(204).send() : missing(reply),
  );

  app.post('/_control/subscriptions', ({ body }, reply) =>
    reply.code(201).send(simulator.createSubscription(NewSubscription.parse(body ?? {}))),
  );
  app.put<{ Params: { id: string } }>('/_control/subscriptions/:id', ({ params, body }, reply) => {
    const { answer } = z.strictObject({ answer: Answer }).parse(body);
    return simulator.setSubscription(params.id, answer) ? reply.code(204).send() : missing(reply);
  });

  app.get('/_control/idle', async (_request, reply) => {
    await simulator.idle();
    return reply.code(204).send();
  });
  app.post('/_control/reset', async (_request, reply) => {
    await simulator.reset();
    return reply.code(204).send();
  });

  const bound = await listen(app, port);
  return { url: `http://127.0.0.1:${bound}/_control`, stop: () => app.close() };
};
