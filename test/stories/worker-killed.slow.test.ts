import { beforeAll, expect, it, vi } from 'vitest';
import { figure } from '#test/support/figures.ts';
import { startWorld, type World } from '#test/support/stack.ts';
import { accountOf, faultsInTheBooks, unfinished, type Account } from './account.ts';
import { submit, submitMany, type Submitted } from './submit.ts';

// kill -9 of the worker where only Twilio knows what became of the dials. By the rules of the ledger that takes real time: 30 s until
// a claim counts as abandoned, and two look-ups 60 s apart until a call counts as not placed.

/** Simulated seconds in a real one. */
const SCALE = 300;
const MANY = 60;
const PLACED = 5;
const NOT_PLACED = 5;
const WAIT = { timeout: 40_000, interval: 50 };
const POST = { method: 'POST' } as const;

let world: World;
const placed: Account[] = [];
const notPlaced: Account[] = [];

beforeAll(async () => {
  world = await startWorld({ scale: SCALE, env: { TWILIO_CPS: '1000', WORKER_CONCURRENCY: '200' } });
  const { simulator, stack, db } = world;
  const kill = async () => {
    const worker = stack.processes.findLast(({ name }) => name === 'worker');
    worker?.kill('SIGKILL');
    await worker?.exited;
  };

  // Dialed, but neither the answer nor any callback arrives.
  const silent: Submitted[] = [];
  for (let count = 0; count < PLACED; count += 1) {
    silent.push(
      await submit(world, { person: 'confirm' }, (to) => {
        simulator.addFault({ target: 'twilio', kind: 'hang-after', match: { ...POST, to } });
        simulator.addFault({ target: 'callback', kind: 'drop', times: 0, match: { to } });
      }),
    );
  }
  // Never arrived at Twilio. Nobody of them may be tried again: what never rang was no try.
  const lost: Submitted[] = [];
  for (let count = 0; count < NOT_PLACED; count += 1) {
    lost.push(
      await submit(world, { person: 'confirm', fields: { max_retries: 0 } }, (to) =>
        simulator.addFault({ target: 'twilio', kind: 'hang-before', match: { ...POST, to } }),
      ),
    );
  }
  await vi.waitUntil(
    () => simulator.log.entries({ kind: 'fault' }).filter(({ target }) => target === 'twilio').length === PLACED + NOT_PLACED,
    WAIT,
  );
  // And many that are somewhere on the way.
  await submitMany(world, MANY, { person: 'confirm' });
  await vi.waitUntil(() => simulator.log.entries({ kind: 'call' }).length > PLACED + MANY / 3, WAIT);
  await kill();
  await vi.waitUntil(() => db.collection('callattempts').findOne({ state: 'submitting' }), WAIT);

  await stack.start('worker');
  await vi.waitUntil(async () => (await unfinished(world)).length === 0, { timeout: 220_000, interval: 1000 }).catch(() => undefined);
  for (const each of silent) placed.push(await accountOf(world, each));
  for (const each of lost) notPlaced.push(await accountOf(world, each));
}, 360_000);

it('finds by look-up the calls that were placed, and dials none of them again', () => {
  for (const { attempts, calls } of placed) {
    expect(calls).toHaveLength(1);
    expect(attempts).toMatchObject([{ state: 'finished', call_sid: calls[0]?.callSid, unknown_at: expect.any(Date) }]);
  }
});

it('row 2: such a claim is unknown after 30 s, and bound to its call within 2 minutes', async () => {
  const inDoubt: number[] = [];
  const bound: number[] = [];
  for (const [attempt] of placed.map(({ attempts }) => attempts)) {
    const told = await world.db.collection('webhookevents').findOne({ attempt_id: attempt?._id, kind: 'lookup' });
    inDoubt.push((attempt?.['unknown_at'] - attempt?.['claimed_at']) / SCALE / 1000);
    bound.push((told?.['received_at'] - attempt?.['claimed_at']) / SCALE / 1000);
  }
  figure(2, 'a claim whose worker was killed is unknown after', Math.max(...inDoubt).toFixed(0), 's');
  figure(2, 'and bound to its call after', Math.max(...bound).toFixed(0), 's');
  expect(Math.min(...inDoubt)).toBeGreaterThanOrEqual(30);
  // The looks of reconcile are 20 s apart.
  expect(Math.max(...inDoubt)).toBeLessThan(75);
  expect(Math.max(...bound)).toBeLessThan(120);
});

it('closes as not placed the dials that Twilio knows nothing of, after two look-ups, and calls these customers then', () => {
  for (const { attempts, calls, shown } of notPlaced) {
    expect(attempts).toMatchObject([
      { number: 1, state: 'not_placed', outcome: 'not_placed', lookups: { empty: 2 } },
      { number: 2, state: 'finished', outcome: 'confirmed' },
    ]);
    expect(calls).toHaveLength(1);
    expect(shown).toMatchObject({ contact: { state: 'confirmed' } });
  }
});

it('loses no delivery and calls nobody twice', async () => {
  expect(await unfinished(world)).toEqual([]);
  expect(await faultsInTheBooks(world)).toEqual([]);
  const calls = world.simulator.log.entries({ kind: 'call' });
  expect(new Set(calls.map(({ to }) => to)).size).toBe(PLACED + NOT_PLACED + MANY);
  expect(calls).toHaveLength(PLACED + NOT_PLACED + MANY);
});
