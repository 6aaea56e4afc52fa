import { ObjectId } from 'mongodb';
import { beforeAll, expect, it, vi } from 'vitest';
import { startWorld, type World } from '#test/support/stack.ts';
import { accountOf, faultsInTheBooks, unfinished } from './account.ts';
import { fromTwilio } from './from-twilio.ts';
import { submit, type Submitted } from './submit.ts';

// Callbacks as the world really delivers them: copied, early, late, or never. Reconcile runs as the command where it is needed.

const WAIT = { timeout: 30_000, interval: 100 };

let world: World;

beforeAll(async () => {
  world = await startWorld();
});

const stateOf = async ({ id }: Submitted) =>
  (await world.db.collection('deliveries').findOne({ _id: new ObjectId(id) }))?.['contact'].state;
const reconciled = async (submitted: Submitted): Promise<string> => {
  await world.reconcile();
  return String(await stateOf(submitted));
};

it('the same callback twenty times in parallel is one event, one transition, one push', async () => {
  const { simulator, db } = world;
  const submitted = await submit(world, { person: 'confirm' }, (to) =>
    simulator.addFault({ target: 'callback', kind: 'delay', delayMs: 3000, match: { event: 'completed', to } }),
  );
  await expect
    .poll(() => simulator.log.entries({ kind: 'status', to: submitted.phone }).at(-1), WAIT)
    .toMatchObject({ status: 'completed' });
  await expect.poll(() => stateOf(submitted), WAIT).toBe('confirmed');
  const [call] = simulator.calls().filter(({ to }) => to === submitted.phone);
  const path = new URL(String(call?.statusCallback)).pathname;
  const completed = {
    CallSid: String(call?.callSid),
    To: submitted.phone,
    CallStatus: 'completed',
    CallDuration: String(call?.seconds),
    Duration: '1',
    SequenceNumber: '3',
    Timestamp: new Date(String(call?.endedAt)).toUTCString(),
    CallbackSource: 'call-progress-events',
  };
  const answers = await Promise.all(Array.from({ length: 20 }, () => fromTwilio(world, path, completed)));
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([204]));

  // Twilio's own, the twenty-first, comes later.
  await simulator.idle();
  await expect.poll(async () => (await accountOf(world, submitted)).attempts[0]?.['state'], WAIT).toBe('finished');
  const account = await accountOf(world, submitted);
  expect(await db.collection('webhookevents').countDocuments({ call_sid: call?.callSid, 'data.status': 'completed' })).toBe(1);
  expect(account.callLogs).toMatchObject([{ status: 'completed', outcome: 'confirmed', event_count: 6 }]);
  expect(account.shown.tracking_events.filter((event: { status: string }) => event.status === 'confirmed')).toHaveLength(1);
  await expect.poll(async () => (await accountOf(world, submitted)).pushes, WAIT).toHaveLength(1);
  expect(account.customer['call_history']).toHaveLength(1);
});

it('callbacks before the answer to the dial, which never comes: the call counts, and is not dialed again', async () => {
  const submitted = await submit(world, { person: 'confirm' }, (to) =>
    world.simulator.addFault({ target: 'twilio', kind: 'hang-after', match: { method: 'POST', to } }),
  );
  // The key counts at once; the attempt ends with the call.
  await expect.poll(async () => (await accountOf(world, submitted)).attempts[0]?.['state'], WAIT).toBe('finished');
  expect(await stateOf(submitted)).toBe('confirmed');
  const account = await accountOf(world, submitted);
  expect(account.calls).toHaveLength(1);
  expect(account.attempts).toMatchObject([{ outcome: 'confirmed', call_sid: account.calls[0]?.callSid }]);
});

it('a final callback that never comes is made good by a look-up', async () => {
  const submitted = await submit(world, { person: 'busy', fields: { max_retries: 0 } }, (to) =>
    world.simulator.addFault({ target: 'callback', kind: 'drop', match: { event: 'completed', to } }),
  );
  await expect
    .poll(() => world.simulator.log.entries({ kind: 'status', to: submitted.phone }).at(-1), WAIT)
    .toMatchObject({ status: 'busy' });
  await expect.poll(() => reconciled(submitted), { ...WAIT, interval: 500 }).toBe('unreachable');
  const account = await accountOf(world, submitted);
  expect(account.shown).toMatchObject({ contact: { reason: 'retries_exhausted' }, calls: [{ status: 'busy', outcome: 'busy' }] });
  expect(account.calls).toHaveLength(1);
});

it('no callback at all: the call is looked up', async () => {
  const submitted = await submit(world, { person: 'failed', fields: { max_retries: 0 } }, (to) =>
    world.simulator.addFault({ target: 'callback', kind: 'drop', times: 0, match: { to } }),
  );
  await expect
    .poll(() => world.simulator.log.entries({ kind: 'status', to: submitted.phone }).at(-1), WAIT)
    .toMatchObject({ status: 'failed' });
  await expect.poll(() => reconciled(submitted), { ...WAIT, interval: 500 }).toBe('unreachable');
  expect((await accountOf(world, submitted)).callLogs).toMatchObject([{ status: 'failed', outcome: 'failed' }]);
});

it('a recording that is never announced is found', async () => {
  const say = 'The gate code is 3333, then take the lift.';
  const submitted = await submit(world, { person: { scenario: 'instructions', say } }, (to) =>
    world.simulator.addFault({ target: 'callback', kind: 'drop', times: 0, match: { event: 'recording', to } }),
  );
  await expect.poll(async () => (await accountOf(world, submitted)).attempts[0]?.['recording']?.state, WAIT).toBe('expected');
  const pushed = async () => {
    await world.reconcile();
    return (await accountOf(world, submitted)).pushes.map(({ body }) => body);
  };
  await expect.poll(pushed, { ...WAIT, interval: 500 }).toEqual([expect.stringContaining(say)]);
  expect((await accountOf(world, submitted)).shown).toMatchObject({ contact: { state: 'instructed' }, recording: { transcription: say } });
});

it('in the end nothing is undone and nobody was called twice', async () => {
  await vi.waitFor(async () => expect(await unfinished(world)).toEqual([]), WAIT);
  expect(await faultsInTheBooks(world)).toEqual([]);
});
