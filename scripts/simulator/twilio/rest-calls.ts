import type { FastifyInstance } from 'fastify';

import type { Call } from './call.ts';
import { createCall, isOver } from './call.ts';
import { parseCallRequest } from './call-request.ts';
import { callResource } from './call-resource.ts';
import type { Dialer } from './dialer.ts';
import { listCalls } from './list-calls.ts';
import type { Office } from './office.ts';
import { notFound, RestError } from './rest-error.ts';

type Query = Record<string, string | undefined>;

/** Ends a call from outside. `canceled` does nothing to a call that was answered already (twilio.com/docs/voice/api/call-resource, Status). */
const end = (call: Call, status: unknown): void => {
  if (status !== 'canceled' && status !== 'completed') throw new RestError(400, 21218, `Invalid Status: ${String(status)}`);
  if (isOver(call)) throw new RestError(400, 21220, 'Unable to update record: Call is not in-progress. Cannot redirect.');
  if (status === 'canceled' && call.status === 'in-progress') return;
  call.timeline.end('caller');
};

export const callRoutes = (app: FastifyInstance, office: Office, dialer: Dialer, ourNumber: string | null): void => {
  const { store, clock, people, log } = office;

  const find = (sid: string, path: string): Call => {
    const call = store.call(sid);
    if (!call) throw notFound(path);
    return call;
  };

  app.post('/Calls.json', (request, reply) => {
    const wanted = parseCallRequest(request.body, ourNumber);
    const person = people.next(wanted.to);
    if (person.line === 'refused') throw new RestError(400, 21211, `The 'To' number ${wanted.to} is not a valid phone number.`);
    const call = createCall(clock, office.accountSid, wanted, person);
    store.addCall(call);
    log.add('call', {
      callSid: call.sid,
      to: wanted.to,
      from: wanted.from,
      scenario: person.scenario,
      url: wanted.url,
      statusCallback: wanted.statusCallback,
      machineDetection: wanted.machineDetection,
    });
    const resource = callResource(call);
    dialer.dial(call);
    return reply.code(201).send(resource);
  });

  app.get<{ Querystring: Query }>('/Calls.json', (request) => listCalls(store.calls(), request.url.split('?')[0] ?? '', request.query));

  app.get<{ Params: { sid: string } }>('/Calls/:sid.json', (request) => callResource(find(request.params.sid, request.url)));

  app.post<{ Params: { sid: string }; Body: Record<string, unknown> | undefined }>('/Calls/:sid.json', async (request) => {
    const call = find(request.params.sid, request.url);
    end(call, request.body?.['Status']);
    await clock.sleep(0); // the call's own end runs first, so that the answer shows it
    return callResource(call);
  });
};
