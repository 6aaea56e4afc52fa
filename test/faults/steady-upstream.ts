import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Answer, World } from '#test/support/stack.ts';
import { anOrder, type Order, type Submitted } from '#test/stories/submit.ts';

/** One answer to one sending; 0 where none came at all. */
export interface Heard {
  status: number;
  ms: number;
  /** On the machine's steady clock, as the next. */
  at: number;
  /** When the order was sent for the first time. */
  begunAt: number;
}

/** Upstream systems that send orders at a steady pace, whatever happens, and repeat each until it is accepted. */
export interface Upstream {
  readonly accepted: Submitted[];
  readonly heard: Heard[];
  /** No new order from now on. Resolves when all that were begun are accepted. */
  stop(): Promise<void>;
}

/** Impatient: four times as often as a 503 asks for. */
const REPEAT_AFTER_MS = 250;

/**
 * Starts sending one order each `everyMs`; `order` tells what the n-th is. Each has an `external_id` and an idempotency key, as upstream is
 * told to; where its key is in use it comes again when it is told to, and `patient` after a 503, too.
 */
export function startUpstream(world: World, everyMs: number, order: (index: number) => Order, { patient = false } = {}): Upstream {
  const accepted: Submitted[] = [];
  const heard: Heard[] = [];
  const underWay = new Set<Promise<void>>();
  const over = new AbortController();

  const send = async (index: number): Promise<void> => {
    const { fields = {}, ...rest } = order(index);
    const { phone, body } = anOrder(world, { ...rest, fields: { external_id: `steady ${index}`, ...fields } });
    const headers = { 'idempotency-key': randomUUID() };
    const begunAt = performance.now();
    for (;;) {
      const answer = await once(world, body, headers);
      heard.push({ status: answer?.status ?? 0, ms: answer?.ms ?? 0, at: performance.now(), begunAt });
      if (answer && answer.status >= 200 && answer.status < 300) {
        accepted.push({ id: String(answer.body.id), phone, body });
        return;
      }
      const isTold = patient || answer?.status === 409;
      await delay(isTold ? Math.max(REPEAT_AFTER_MS, answer?.retryAfterMs ?? 0) : REPEAT_AFTER_MS);
    }
  };
  const pace = (async () => {
    for (let index = 0; !over.signal.aborted; index += 1) {
      const one = send(index).finally(() => underWay.delete(one));
      underWay.add(one);
      await delay(everyMs);
    }
  })();

  return {
    accepted,
    heard,
    async stop() {
      over.abort();
      await pace;
      await Promise.all(underWay);
    },
  };
}

const once = (world: World, body: unknown, headers: Record<string, string>): Promise<Answer | null> =>
  world.request('POST', '/v1/deliveries', { body, headers }).catch(() => null);

/** Of the answers that came, how long the slowest one in a hundred took, in ms. */
export function p99(heard: readonly Heard[]): number {
  const times = heard
    .filter(({ status }) => status !== 0)
    .map(({ ms }) => ms)
    .toSorted((a, b) => a - b);
  return times[Math.max(0, Math.ceil(times.length * 0.99) - 1)] ?? 0;
}
