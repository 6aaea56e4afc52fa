import { ObjectId } from 'mongodb';
import { beforeAll, expect, it, vi } from 'vitest';
import { freePort } from '#scripts/services/server.ts';
import { ATTEMPT_STATES, CALL_STATUSES } from '#src/domain/vocabulary.ts';
import { figure } from '#test/support/figures.ts';
import { startWorld, type World } from '#test/support/stack.ts';
import { accountOf, faultsInTheBooks, unfinished } from './account.ts';
import { fromTwilio } from './from-twilio.ts';
import { submit, type Submitted } from './submit.ts';

// Callbacks as the world really delivers them: copied, early, late, or never. Reconcile runs as the command where it is needed.

const WAIT = { timeout: 30_000, interval: 100 };

let world: World;
/** Two web processes, of which Twilio knows one address. */
let webs: string[];

beforeAll(async () => {
  world = await startWorld();
  const PORT = String(await freePort());
  await world.startAgain({ processes: ['web'], env: { PORT } });
  webs = [world.stack.publicUrl, `http://127.0.0.1:${PORT}`];
});

const stateOf = async ({ id }: Submitted) =>
  (await world.db.collection('deliveries').findOne({ _id: new ObjectId(id) }))?.['contact'].state;
const reconciled = async (submitted: Submitted): Promise<string> => {
  await world.reconcile();
  return String(await stateOf(submitted));
};

it('row 14: the same callback twenty times in parallel at two web processes is one event, one transition, one job, one push', async () => {
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
  const answers = await Promise.all(Array.from({ length: 20 }, (_, n) => fromTwilio(world, path, completed, webs[n % 2])));
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([204]));

  // Twilio's own, the twenty-first, comes later.
  await simulator.idle();
  await expect.poll(async () => (await accountOf(world, submitted)).attempts[0]?.['state'], WAIT).toBe('finished');
  const account = await accountOf(world, submitted);
  const events = await db.collection('webhookevents').find({ call_sid: call?.callSid, 'data.status': 'completed' }).toArray();
  expect(events).toHaveLength(1);
  const runs = (await world.queue('call-event').getJobs()).filter(({ data }) => data.eventId === String(events[0]?._id));
  expect(runs.map(({ attemptsStarted }) => attemptsStarted)).toEqual([1]);
  expect(account.callLogs).toMatchObject([{ status: 'completed', outcome: 'confirmed', event_count: 6 }]);
  expect(account.shown.tracking_events.filter((event: { status: string }) => event.status === 'confirmed')).toHaveLength(1);
  await expect.poll(async () => (await accountOf(world, submitted)).pushes, WAIT).toHaveLength(1);
  expect(account.customer['call_history']).toHaveLength(1);
  const told = (await world.queue('notification').getJobs()).filter(
    ({ data }) => data.notificationId === String(account.notifications[0]?._id),
  );
  expect([account.notifications.length, told.length]).toEqual([1, 1]);
  figure(14, 'event rows and jobs of 21 copies at two web processes', `${events.length} and ${runs.length}`);
});

/** How everything stood with CallLogs and attempts from now on, in MongoDB's own order. */
function standings() {
  const stream = world.db.watch([{ $match: { 'ns.coll': { $in: ['calllogs', 'callattempts'] } } }]);
  const seen: { id: string; stands: string }[] = [];
  stream.on('change', (change) => {
    if (change.operationType !== 'insert' && change.operationType !== 'update') return;
    const fields = change.operationType === 'insert' ? change.fullDocument : (change.updateDescription.updatedFields ?? {});
    const stands: unknown = fields['status'] ?? fields['state'];
    if (typeof stands === 'string') seen.push({ id: String(change.documentKey._id), stands });
  });
  return { of: (id: unknown) => seen.filter((one) => one.id === String(id)).map(({ stands }) => stands), close: () => stream.close() };
}

it('row 16: callbacks before the answer to the dial, which never comes: the call counts, is not dialed again, and its status never goes back', async () => {
  const stood = standings();
  const submitted = await submit(world, { person: 'confirm' }, (to) =>
    world.simulator.addFault({ target: 'twilio', kind: 'hang-after', match: { method: 'POST', to } }),
  );
  // The key counts at once; the attempt ends with the call.
  await expect.poll(async () => (await accountOf(world, submitted)).attempts[0]?.['state'], WAIT).toBe('finished');
  expect(await stateOf(submitted)).toBe('confirmed');
  const account = await accountOf(world, submitted);
  expect(account.calls).toHaveLength(1);
  expect(account.attempts).toMatchObject([{ outcome: 'confirmed', call_sid: account.calls[0]?.callSid }]);

  // Only now is the request to Twilio given up: nobody is told any more that nobody knows of the call.
  await expect.poll(() => world.queue('call').getActiveCount(), WAIT).toBe(0);
  const after = await accountOf(world, submitted);
  expect(after.attempts).toMatchObject([{ state: 'finished', outcome: 'confirmed' }]);
  expect(after.callLogs).toMatchObject([{ status: 'completed', outcome: 'confirmed' }]);
  const inOrder = (all: readonly string[], words: string[]) => words.toSorted((one, other) => all.indexOf(one) - all.indexOf(other));
  const [statuses, states] = [stood.of(after.callLogs[0]?._id), stood.of(after.attempts[0]?._id)];
  expect(statuses.at(-1)).toBe('completed');
  expect(statuses).toEqual(inOrder(CALL_STATUSES, statuses));
  expect(states).toEqual(inOrder(ATTEMPT_STATES, states));
  await stood.close();
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
