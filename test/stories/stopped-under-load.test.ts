import { beforeAll, expect, it, vi } from 'vitest';
import { queueNames } from '#queues/catalogue.ts';
import { startWorld, type World } from '#test/support/stack.ts';
import { faultsInTheBooks, unfinished } from './account.ts';
import { submitMany } from './submit.ts';

// A deploy under load: SIGTERM to web, worker and clock at once, in the middle of dialing and talking, then the same lines again.

const DELIVERIES = 40;
const GRACE_SECONDS = 25;
const WAIT = { timeout: 30_000, interval: 20 };

let world: World;
let unclean: string[];
let stoppedAfterMs: number;
let atTheStop: string[];

beforeAll(async () => {
  world = await startWorld({ env: { TWILIO_CPS: '20', SHUTDOWN_GRACE_SECONDS: String(GRACE_SECONDS) } });
  const { simulator, stack } = world;
  // Some are in the request when the signal comes.
  simulator.addFault({ target: 'twilio', kind: 'slow', delayMs: 700, times: 10, match: { method: 'POST', path: '/Calls.json$' } });
  await submitMany(world, DELIVERIES / 2, { person: 'confirm' });
  await submitMany(world, DELIVERIES / 2, { person: 'instructions' });
  await vi.waitUntil(() => simulator.log.entries({ kind: 'call' }).length >= DELIVERIES / 4, WAIT);

  const began = performance.now();
  unclean = await stack.stop();
  stoppedAfterMs = performance.now() - began;
  atTheStop = await unfinished(world);

  await world.startAgain();
  // Callbacks that met closed doors are made good by look-ups.
  await vi
    .waitUntil(
      async () => {
        await world.reconcile();
        return (await unfinished(world)).length === 0;
      },
      { timeout: 60_000, interval: 2000 },
    )
    .catch(() => undefined);
}, 120_000);

it('ends with 0 within the grace, all three', () => {
  expect(unclean).toEqual([]);
  process.stdout.write(`SIGTERM under load: all ended after ${stoppedAfterMs.toFixed(0)} ms, ${atTheStop.length} things undone\n`);
  expect(stoppedAfterMs).toBeLessThan(GRACE_SECONDS * 1000);
  expect(atTheStop).not.toEqual([]);
});

it('loses nothing: everything ends after the start', async () => {
  expect(await unfinished(world)).toEqual([]);
  expect(await world.db.collection('deliveries').countDocuments()).toBe(DELIVERIES);
});

it('calls nobody twice', async () => {
  const calls = world.simulator.log.entries({ kind: 'call' });
  expect(calls).toHaveLength(DELIVERIES);
  expect(new Set(calls.map(({ to }) => to)).size).toBe(DELIVERIES);
  expect(await faultsInTheBooks(world)).toEqual([]);
});

it('costs no job an attempt: none has failed', async () => {
  for (const name of queueNames) {
    const jobs = await world.queue(name).getJobs(['completed', 'failed', 'delayed', 'prioritized', 'wait', 'active']);
    expect(
      jobs.map(({ id, stacktrace }) => ({ id, stacktrace })).filter(({ stacktrace }) => (stacktrace ?? []).length > 0),
      name,
    ).toEqual([]);
  }
});
