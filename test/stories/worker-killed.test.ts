import { beforeAll, expect, it, vi } from 'vitest';
import { startWorld, type World } from '#test/support/stack.ts';
import { faultsInTheBooks, unfinished } from './account.ts';
import { submitMany } from './submit.ts';

// kill -9 of the worker in the middle of dialing: a part of the calls are in the request, the rest wait for their turn. What can
// only be settled by look-up takes 30 s and more, and is told in worker-killed.slow.test.ts.

const IN_THE_REQUEST = 20;
const WAITING = 20;
const WAIT = { timeout: 30_000, interval: 50 };

let world: World;
let states: Record<string, number>;

beforeAll(async () => {
  // As many jobs at once as may be in the request: the others have not been begun.
  world = await startWorld({ env: { WORKER_CONCURRENCY: String(IN_THE_REQUEST), TWILIO_CPS: '1000' } });
  const { simulator, stack, db } = world;
  simulator.addFault({
    target: 'twilio',
    kind: 'slow',
    delayMs: 4000,
    times: IN_THE_REQUEST,
    match: { method: 'POST', path: '/Calls.json$' },
  });
  await submitMany(world, IN_THE_REQUEST + WAITING, { person: 'confirm' });
  await vi.waitUntil(() => simulator.log.entries({ kind: 'fault' }).length === IN_THE_REQUEST, WAIT);

  const worker = stack.processes.find(({ name }) => name === 'worker');
  worker?.kill('SIGKILL');
  await worker?.exited;
  const groups = await db
    .collection('callattempts')
    .aggregate([{ $group: { _id: '$state', count: { $sum: 1 } } }])
    .toArray();
  states = Object.fromEntries(groups.map((group) => [String(group['_id']), Number(group['count'])]));

  await stack.start('worker');
  await vi.waitUntil(async () => (await unfinished(world)).length === 0, { timeout: 40_000, interval: 200 }).catch(() => undefined);
}, 90_000);

it('was killed between the claims and their answers', () => {
  expect(states).toEqual({ submitting: IN_THE_REQUEST, planned: WAITING });
});

it('lost no delivery: all customers confirmed', async () => {
  expect(await unfinished(world)).toEqual([]);
  expect(await world.db.collection('deliveries').countDocuments({ 'contact.state': 'confirmed' })).toBe(IN_THE_REQUEST + WAITING);
});

it('called nobody twice: one call each, in the books', async () => {
  expect(world.simulator.log.entries({ kind: 'call' })).toHaveLength(IN_THE_REQUEST + WAITING);
  expect(await faultsInTheBooks(world)).toEqual([]);
  expect(await world.db.collection('callattempts').countDocuments()).toBe(IN_THE_REQUEST + WAITING);
});
