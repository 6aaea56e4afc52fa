import { setTimeout } from 'node:timers/promises';
import { z } from 'zod';
import type { Simulator } from '#scripts/simulator/simulator.ts';
import type { Submitted } from './check/evidence.ts';
import type { Api, Submission } from './submit.ts';

const LOOK_MS = 5;
const Answer = z.object({ call_in_progress: z.boolean() });

/** Upstream changes its mind: cancels what the cast says, at once or as soon as the phone rings. `accepted` learns of it. Resolves when all are cancelled, or aborted. */
export async function cancelOrders({ accepted, orders }: Submission, api: Api, log: Simulator['log'], signal: AbortSignal): Promise<void> {
  await Promise.all(
    accepted.map(async (each) => {
      const when = orders.get(each.deliveryId)?.cancel;
      if (when === undefined) return;
      if (when === 'in-the-call' && !(await rings(each.phone, log, signal))) return;
      await cancel(each, api);
    }),
  );
}

async function rings(phone: string, log: Simulator['log'], signal: AbortSignal): Promise<boolean> {
  while (!log.entries({ kind: 'status', to: phone }).some(({ status }) => status === 'ringing')) {
    if (signal.aborted) return false;
    await setTimeout(LOOK_MS);
  }
  return true;
}

async function cancel(submitted: Submitted, { publicUrl, key }: Api): Promise<void> {
  const response = await fetch(`${publicUrl}/v1/deliveries/${submitted.deliveryId}/cancel`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}` },
  });
  if (!response.ok) throw new Error(`${submitted.externalId} could not be cancelled: ${response.status} ${await response.text()}`);
  Answer.parse(await response.json());
  submitted.cancelled = true;
}
