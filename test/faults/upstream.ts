import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { createApiKeys } from '#src/db/repositories/api-keys.ts';
import { newApiKeySecret } from '#src/http/auth/key-format.ts';
import { atTheEnd, type World } from '#test/support/stack.ts';
import type { Given } from './steady-load.ts';

export interface UpstreamData {
  url: string;
  key: string;
}

export interface Orders {
  bodies: unknown[];
  perSecond: number;
}

/** An upstream system in a thread of its own: what it measures is not what the simulator beside the test is busy with, nor the other way round. One list of orders at a time. */
export async function startUpstreamThread(world: World, name: string): Promise<(orders: Orders) => Promise<Given[]>> {
  const { key, prefix, hash } = newApiKeySecret();
  const rate_limit = { requests: 1_000_000, period: 900_000 };
  const permissions = ['deliveries:write'];
  const created = await createApiKeys(world.db).create(
    { name, permissions, environment: 'development', prefix, key: hash, rate_limit },
    new Date(),
  );
  if (created !== 'created') throw new Error(`there is a key ${name} already`);
  const workerData: UpstreamData = { url: new URL('/v1/deliveries', world.stack.publicUrl).href, key };
  const thread = new Worker(new URL('../support/upstream-worker.ts', import.meta.url), { workerData });
  atTheEnd(() => thread.terminate());
  return async (orders) => {
    thread.postMessage(orders);
    const [given] = (await once(thread, 'message')) as [Given[]];
    return given;
  };
}
