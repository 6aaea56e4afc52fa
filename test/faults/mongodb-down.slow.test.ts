import { beforeAll, describe, expect, it, vi } from 'vitest';
import { makeOwnFolder, removeFolder, servicesFolder } from '#scripts/services/folders.ts';
import { startMongod, type RunningMongod } from '#scripts/services/mongod.ts';
import type { Steps } from '#scripts/simulator/people.ts';
import { accountOf, faultsInTheBooks, unfinished, type Account } from '#test/stories/account.ts';
import { fromTwilio } from '#test/stories/from-twilio.ts';
import { submit, type Submitted } from '#test/stories/submit.ts';
import { figure } from '#test/support/figures.ts';
import { atTheEnd, startWorld, type World } from '#test/support/stack.ts';

// Row 13: two installations live the same hour, one of them with a mongod that is killed with -9 for longer than all of Twilio's tries and
// the driver's patience last: while calls are ending, so that their last callbacks find nobody to file them.

const SCALE = 60;
/** Real time: Twilio ends its tries after 15 s, the driver waits 5 s for a server; an hour of the installation's own clock. */
const DOWN_MS = 60_000;
/** Real time by which the callbacks of ends and recordings come late, in both worlds. */
const HELD_MS = 4000;
const WAIT = { timeout: 60_000, interval: 100 };
const ENDS = { timeout: 120_000, interval: 500 };

/** Whom the two installations call, and with how many retries. */
const PEOPLE: readonly (readonly [person: Steps, retries: number])[] = [
  ['confirm', 3],
  [{ scenario: 'instructions', say: 'Please leave it at the green door.' }, 3],
  ['another-time', 3],
  ['never-again', 3],
  ['hang-up', 3],
  ['voicemail', 0],
  ['busy', 0],
  ['no-answer', 0],
  ['failed', 0],
  ['busy,confirm', 1],
];

/** What a life came to, without times and ids. */
const endOf = ({ row, attempts, callLogs, recordings, notifications }: Account) => ({
  contact: { state: row['contact'].state, reason: row['contact'].reason, instructions: row['contact'].instructions },
  retries: row['retry_count'],
  instructions: row['package_details']?.special_instructions,
  attempts: attempts.map(({ state, outcome, answered_by, choice, follow_up, recording }) => ({
    ...{ state, outcome, answered_by, choice, follow_up },
    recording: recording?.state,
  })),
  callLogs: callLogs.map(({ status, outcome, answered_by }) => ({ status, outcome, answered_by })),
  recordings: recordings.map(({ processing_status, transcription }) => ({ processing_status, text: transcription.text })),
  told: notifications.map(({ kind, state }) => `${String(kind)} ${String(state)}`).toSorted(),
});

async function begin(world: World): Promise<Submitted[]> {
  const { simulator } = world;
  simulator.addFault({ target: 'callback', kind: 'delay', delayMs: HELD_MS, times: 0, match: { event: 'completed,recording' } });
  return Promise.all(PEOPLE.map(([person, max_retries]) => submit(world, { person, fields: { max_retries } })));
}

/** Every first call is over at Twilio, and we have not been told. */
const allHungUp = (world: World) =>
  vi.waitUntil(() => {
    const calls = world.simulator.calls();
    return calls.length >= PEOPLE.length && calls.every(({ endedAt }) => endedAt);
  }, WAIT);

const theEnd = async (world: World, submitted: Submitted[]): Promise<Account[]> => {
  await vi.waitFor(async () => expect(await unfinished(world)).toEqual([]), ENDS);
  return Promise.all(submitted.map((each) => accountOf(world, each)));
};

describe('row 13: mongod killed with -9 while calls are ending', () => {
  let calm: Account[];
  let after: Account[];
  let world: World;
  let mongod: RunningMongod;
  let voice: { status: number; text: string };
  let back: number;

  beforeAll(async () => {
    const undisturbed = await startWorld({ scale: SCALE });
    calm = await theEnd(undisturbed, await begin(undisturbed));
    await undisturbed.stack.stop();

    const dataDir = await makeOwnFolder(servicesFolder, 'mongod-down');
    atTheEnd(() => removeFolder(dataDir));
    mongod = await startMongod({ dataDir });
    atTheEnd(() => mongod.stop());
    world = await startWorld({ scale: SCALE, mongodbUri: mongod.uri });
    const submitted = await begin(world);
    await allHungUp(world);
    const attempt = await world.db.collection('callattempts').findOne({ state: 'in_progress' });
    await mongod.kill('SIGKILL');
    const killed = performance.now();
    voice = await fromTwilio(world, `/webhooks/twilio/voice/${String(attempt?.['_id'])}`, { CallSid: String(attempt?.['call_sid']) });
    await world.simulator.idle();
    await vi.waitUntil(() => performance.now() - killed >= DOWN_MS, { timeout: 2 * DOWN_MS, interval: 100 });
    mongod = await startMongod({ port: mongod.port, dataDir });
    back = performance.now();
    after = await theEnd(world, submitted);
    figure(
      13,
      'all settled after the return of MongoDB (clock 60 times as fast)',
      Number(((performance.now() - back) / 1000).toFixed(1)),
      's',
    );
  }, 300_000);

  it('refuses the callbacks with 503, and Twilio tries again, six times in all', () => {
    const sent = world.simulator.log.entries({ kind: 'callback' }).filter(({ event }) => event === 'completed' || event === 'recording');
    const tries = Map.groupBy(sent, ({ callSid, event }) => `${String(event)} of ${String(callSid)}`);
    const refused = [...tries.values()].filter((all) => all.some(({ status }) => status === 503));
    // Of nearly every first call: some may have been told just before.
    expect(refused.length).toBeGreaterThanOrEqual(PEOPLE.length / 2);
    const never = refused.filter((all) => all.every(({ status }) => status === 503));
    for (const all of never) expect(all).toHaveLength(6);
    figure(13, 'callbacks that all six tries of Twilio could not deliver', never.length);
  });

  it('asks who is on the line for a moment', () => {
    expect(voice.status).toBe(200);
    expect(voice.text).toMatch(/One moment.*<Redirect/s);
  });

  it('ends as the installation that nothing happened to', () => {
    expect(after.map(endOf)).toEqual(calm.map(endOf));
    figure(
      13,
      'deliveries that ended otherwise than without the fault',
      after.filter((one, n) => JSON.stringify(endOf(one)) !== JSON.stringify(endOf(calm[n] as Account))).length,
    );
  });

  it('called nobody twice', async () => {
    expect(after.map(({ calls }) => calls.length)).toEqual(calm.map(({ calls }) => calls.length));
    expect(await faultsInTheBooks(world)).toEqual([]);
  });
});
