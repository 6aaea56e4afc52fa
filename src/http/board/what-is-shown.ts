import type { FastifyReply, FastifyRequest } from 'fastify';

/**
 * Takes the actions off the pages of those who may only look. Bull Board knows that by queue, where we know it by person, so each queue is
 * called read-only to them. Manners, no protection: that is the guard's.
 */
export async function hideActions({ mayChange }: FastifyRequest, _reply: FastifyReply, payload: unknown): Promise<unknown> {
  if (mayChange || !isQueueList(payload)) return payload;
  const queues = payload.queues.map((queue) => ({ ...queue, readOnlyMode: true, allowRetries: false, allowCompletedRetries: false }));
  return { ...payload, queues };
}

const isQueueList = (payload: unknown): payload is { queues: object[] } =>
  typeof payload === 'object' && payload !== null && 'queues' in payload && Array.isArray(payload.queues);

/** E.164, also as part of an address. */
const PHONE = /(?:\+|%2B)[1-9]\d{6,14}/gi;

/** Payloads hold ids only; but nobody knows what a library puts into the message of its error, which the board shows as the job's reason. */
export async function hidePhones(_request: FastifyRequest, _reply: FastifyReply, payload: unknown): Promise<unknown> {
  return typeof payload === 'string' ? payload.replaceAll(PHONE, '[phone]') : payload;
}
