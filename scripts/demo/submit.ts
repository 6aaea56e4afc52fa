import { z } from 'zod';
import type { Submitted } from './check/evidence.ts';
import { post, type Api } from './api.ts';
import type { Order } from './cast/order.ts';

export interface Refusal {
  label: string;
  /** What the API said: the field and what is wrong with it. */
  why: string;
}

export interface Submission {
  /** Each delivery once, however often it was submitted. */
  accepted: Submitted[];
  /** Which order each was, by delivery id. */
  orders: ReadonlyMap<string, Order>;
  refused: Refusal[];
}

const AT_A_TIME = 8;

const Accepted = z.object({ id: z.string(), external_id: z.string().optional() });
const Problem = z.object({
  title: z.string().optional(),
  detail: z.string().optional(),
  errors: z.array(z.object({ field: z.string().optional(), message: z.string() })).optional(),
});
const Asked = z.object({
  customer: z.object({ phone: z.string() }),
  package_details: z.object({ special_instructions: z.string().optional() }).optional(),
});

/** Submits orders to POST /v1/deliveries, a few at a time, in turn to the drivers. What is refused is told, and stops nothing. */
export async function submitOrders(
  orders: readonly Order[],
  drivers: readonly string[],
  api: Api,
  onAccepted: (soFar: number) => void,
): Promise<Submission> {
  const accepted = new Map<string, Submitted>();
  const byId = new Map<string, Order>();
  const refused: Refusal[] = [];
  const queue = orders.map((order, index) => ({ order, agentId: drivers[index % drivers.length] as string }));
  const work = async (): Promise<void> => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      const { order, agentId } = next;
      const answer = await submit(order, agentId, api);
      if ('why' in answer) refused.push({ label: order.label, why: answer.why });
      else {
        accepted.set(answer.deliveryId, answer);
        byId.set(answer.deliveryId, order);
      }
      onAccepted(accepted.size);
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, work));
  return { accepted: [...accepted.values()].toSorted((a, b) => (a.externalId < b.externalId ? -1 : 1)), orders: byId, refused };
}

async function submit(order: Order, agentId: string, api: Api): Promise<Submitted | { why: string }> {
  const { body } = order;
  const { status, ok, answer } = await post(
    api,
    '/v1/deliveries',
    typeof body === 'object' && !Array.isArray(body) ? { ...body, agent_id: agentId } : body,
  );
  return ok ? toSubmitted(Accepted.parse(answer), order, agentId) : { why: explain(status, answer) };
}

function toSubmitted({ id, external_id }: z.infer<typeof Accepted>, { label, body }: Order, agentId: string): Submitted {
  const asked = Asked.safeParse(body).data;
  return {
    externalId: external_id ?? label,
    deliveryId: id,
    phone: (asked?.customer.phone ?? '').replace(/[^\d+]/g, ''),
    agentId,
    shipperInstructions: asked?.package_details?.special_instructions?.trim() ?? null,
    cancelled: false,
  };
}

function explain(status: number, answer: unknown): string {
  const { title, detail, errors } = Problem.safeParse(answer).data ?? {};
  const fields = errors?.map(({ field, message }) => (field ? `${field} ${message}` : message)).join('; ');
  return `${status} ${fields ?? detail ?? title ?? 'no reason given'}`;
}
