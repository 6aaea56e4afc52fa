import { setTimeout } from 'node:timers/promises';
import type { Simulator } from '#scripts/simulator/simulator.ts';
import { post, type Api } from './api.ts';
import type { Submitted } from './check/evidence.ts';
import type { Submission } from './submit.ts';

const LOOK_MS = 5;

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

async function cancel(submitted: Submitted, api: Api): Promise<void> {
  const { status, ok, answer } = await post(api, `/v1/deliveries/${submitted.deliveryId}/cancel`);
  if (!ok) throw new Error(`${submitted.externalId} could not be cancelled: ${status} ${JSON.stringify(answer)}`);
  submitted.cancelled = true;
}
