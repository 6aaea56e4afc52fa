import { ObjectId } from 'mongodb';
import { z } from 'zod';
import type { Repositories } from '#src/db/repositories/repositories.ts';
import type { App } from '#src/http/app-type.ts';
import type { AnswerInTime } from '#src/http/answer-in-time.ts';
import type { ApiKeyAuth } from '#src/http/auth/api-key-auth.ts';
import { problem } from '#src/http/problems/http-problem.ts';
import { acceptDelivery, type AcceptDeps } from './accept.ts';
import { cancelDelivery, type CancelDeps } from './cancel.ts';
import { Delivery, DeliveryDetails, presentDelivery, presentDetails } from './present.ts';
import { problemResponses } from './problem-responses.ts';
import { DeliveryList, Id, IdempotencyHeaders, NewDelivery } from './request.ts';

export interface DeliveryRoutesDeps extends AcceptDeps, CancelDeps, Pick<Repositories, 'callLogs' | 'history' | 'recordings'> {
  auth: ApiKeyAuth;
  answerInTime: AnswerInTime;
}

const ById = z.object({ id: Id });
const tags = ['deliveries'];
const security = [{ apiKey: [] }];

/** The upstream systems' way in. */
export function registerDeliveryRoutes(app: App, deps: DeliveryRoutesDeps): void {
  const write = { onRequest: deps.auth.requireKey('deliveries:write') };
  const read = { onRequest: deps.auth.requireKey('deliveries:read') };
  const found = async (id: string) => {
    const delivery = await deps.answerInTime(deps.deliveries.find(new ObjectId(id)), 'reads');
    if (delivery) return delivery;
    throw problem({ status: 404, detail: 'There is no such delivery.' });
  };

  app.post(
    '/v1/deliveries',
    {
      ...write,
      config: { limitsItself: true },
      schema: {
        tags,
        security,
        summary: 'Submit a delivery',
        headers: IdempotencyHeaders,
        body: NewDelivery,
        response: {
          202: Delivery.describe('Accepted: the customer will be called.'),
          200: Delivery.describe('Accepted before.'),
          ...problemResponses(409, 413, 415, 422),
        },
      },
    },
    async (request, reply) => {
      const { delivery, created } = await deps.answerInTime(
        acceptDelivery(
          {
            body: request.body,
            apiKeyId: new ObjectId(request.apiKey.id),
            idempotencyKey: request.headers['idempotency-key'],
            traceId: request.traceId,
          },
          deps,
        ),
      );
      return reply
        .code(created ? 202 : 200)
        .header('location', `/v1/deliveries/${delivery._id.toHexString()}`)
        .send(presentDelivery(delivery));
    },
  );

  app.get(
    '/v1/deliveries',
    {
      ...read,
      schema: {
        tags,
        security,
        summary: 'List deliveries, newest first',
        querystring: DeliveryList,
        response: { 200: z.object({ data: z.array(Delivery), next_cursor: z.string().nullable() }), ...problemResponses() },
      },
    },
    async ({ query }) => {
      const { status, customer_id, cursor, limit } = query;
      const rows = await deps.answerInTime(
        deps.deliveries.list({
          ...(status === undefined ? {} : { status }),
          ...(customer_id === undefined ? {} : { customerId: new ObjectId(customer_id) }),
          ...(cursor === undefined ? {} : { before: new ObjectId(cursor) }),
          limit: limit + 1,
        }),
        'reads',
      );
      const page = rows.slice(0, limit);
      return { data: page.map(presentDelivery), next_cursor: rows.length > limit ? (page.at(-1)?._id.toHexString() ?? null) : null };
    },
  );

  app.get(
    '/v1/deliveries/:id',
    {
      ...read,
      schema: {
        tags,
        security,
        summary: 'One delivery, with its calls, recording and history',
        params: ById,
        response: { 200: DeliveryDetails, ...problemResponses(404) },
      },
    },
    async ({ params }) => {
      const delivery = await found(params.id);
      const [calls, recording, events] = await deps.answerInTime(
        Promise.all([
          deps.callLogs.ofDelivery(delivery._id),
          delivery.recording_id ? deps.recordings.find(delivery.recording_id.toHexString()) : null,
          deps.history.ofDelivery(delivery._id),
        ]),
        'reads',
      );
      return presentDetails(delivery, calls, recording, events);
    },
  );

  app.post(
    '/v1/deliveries/:id/cancel',
    {
      ...write,
      schema: {
        tags,
        security,
        summary: 'Cancel a delivery: nobody is called any more',
        params: ById,
        response: { 200: Delivery.extend({ call_in_progress: z.boolean() }), ...problemResponses(404, 409) },
      },
    },
    async ({ params, traceId }) => {
      const delivery = await found(params.id);
      const { delivery: cancelled, callInProgress } = await deps.answerInTime(cancelDelivery(delivery, traceId, deps));
      return { ...presentDelivery(cancelled), call_in_progress: callInProgress };
    },
  );
}
