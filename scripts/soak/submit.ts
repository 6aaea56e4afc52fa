import { setTimeout } from 'node:timers/promises';
import { z } from 'zod';
import type { Submitted } from '#scripts/demo/check/evidence.ts';
import type { Order } from './orders.ts';

export interface Upstream {
  publicUrl: string;
  apiKey: string;
  drivers: readonly string[];
}

export interface Sent {
  submitted: Submitted;
  /** How often it was sent before it was answered with 2xx. */
  tries: number;
  /** Real milliseconds that the longest of the answers took. */
  slowestMs: number;
}

/** The API said no: nothing that a repetition would change. */
export class Refused extends Error {
  constructor(status: number, body: string) {
    super(`a delivery was refused with ${status}: ${body}`);
    this.name = 'Refused';
  }
}

const AGAIN_MS = 250;
const ANSWER_MS = 15_000;
const Accepted = z.object({ id: z.string() });

/** Submits as upstream is told to: with the order's own number, and again for as long as there is no answer or a 503. Throws `Refused`, or the signal's reason. */
export async function submit(order: Order, index: number, { publicUrl, apiKey, drivers }: Upstream, signal: AbortSignal): Promise<Sent> {
  const agentId = drivers[index % drivers.length] ?? '';
  const body = JSON.stringify({ ...order.body, agent_id: agentId });
  const headers = { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' };
  let slowestMs = 0;
  for (let tries = 1; ; tries += 1) {
    const started = performance.now();
    const answer = await ask(`${publicUrl}/v1/deliveries`, { method: 'POST', headers, body }, signal);
    slowestMs = Math.max(slowestMs, performance.now() - started);
    if (answer?.ok) {
      const { id } = Accepted.parse(JSON.parse(answer.text));
      const { externalId, phone, shipperInstructions } = order;
      return { submitted: { externalId, deliveryId: id, phone, agentId, shipperInstructions, cancelled: false }, tries, slowestMs };
    }
    if (answer && answer.status < 500 && answer.status !== 429) throw new Refused(answer.status, answer.text);
    await setTimeout(AGAIN_MS, undefined, { signal });
  }
}

/** Null: no answer came, and nobody knows what became of the request. */
async function ask(url: string, init: RequestInit, signal: AbortSignal): Promise<{ ok: boolean; status: number; text: string } | null> {
  try {
    const response = await fetch(url, { ...init, signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]) });
    return { ok: response.ok, status: response.status, text: await response.text() };
  } catch (error) {
    if (signal.aborted) throw error;
    return null;
  }
}
