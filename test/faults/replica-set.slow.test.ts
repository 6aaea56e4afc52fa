import { beforeAll, describe, expect, it } from 'vitest';
import { queueNames } from '#queues/catalogue.ts';
import { figure } from '#test/support/figures.ts';
import { startReplicaSet, type ReplicaSet } from '#test/support/replica-set.ts';
import { startWorld, type World } from '#test/support/stack.ts';
import { apologised, failedJobs, mixed, untilAllHasEnded, wrongEndings } from './endings.ts';
import { madeWrites, steadyWrites } from './kinds-of-write.ts';
import { startUpstream, type Upstream } from './steady-upstream.ts';

// Three real mongods. For each kind of write: one is applied and its answer is lost, for the driver, which sends it again, and for the product,
// which must; their primary steps down while one is held up in it, so that the write meets the change surely; and it is killed there with -9.
// And once it falls silent.

const HELD_MS = 1500;
/** Slow enough for three mongods and all our processes on two slow cores: what waits through the elections must be caught up with. */
const EVERY_MS = 500;

let set: ReplicaSet;
let world: World;
let upstream: Upstream;
const elections: number[] = [];
const killed: number[] = [];
const acceptedAgain: number[] = [];
const WHO_REPEATS = ['driver', 'product'] as const;

/** When the first order that was sent to the new primary was accepted, on the machine's steady clock. */
async function acceptedAfter(at: number): Promise<number> {
  const accepted = () => upstream.heard.find((heard) => heard.status >= 200 && heard.status < 300 && heard.at > at);
  await expect.poll(() => accepted() !== undefined, { timeout: 60_000 }).toBe(true);
  return accepted()?.at ?? Infinity;
}

/** kill -9, and the dead one started again. */
async function killPrimary(): Promise<void> {
  const { ms, restart } = await set.killPrimary();
  killed.push(ms);
  await restart();
}

beforeAll(async () => {
  set = await startReplicaSet();
  world = await startWorld({ mongodbUri: set.uri, scale: 60, env: { TWILIO_CPS: '50' } });
  // Patient: orders that nobody can take for most of these minutes would become a storm.
  upstream = startUpstream(world, EVERY_MS, mixed, { patient: true });
}, 120_000);

describe('row 12: a write of each kind is applied, and its answer is lost', () => {
  it.each(steadyWrites)(
    '$words',
    async ({ command, collection }) => {
      for (const whoRepeats of WHO_REPEATS) {
        const loss = await set.loseAnswer(command, collection, whoRepeats);
        await loss.met();
      }
    },
    150_000,
  );
});

describe('row 12: the primary of three mongods steps down during each kind of write', () => {
  it.each(steadyWrites)(
    '$words',
    async ({ command, collection }) => {
      const hold = await set.hold(command, collection, HELD_MS);
      await hold.met();
      elections.push(await set.stepDown());
    },
    90_000,
  );
});

describe('row 12: the primary is killed with -9 during each kind of write, and started again', () => {
  it.each(steadyWrites)(
    '$words',
    async ({ command, collection }) => {
      const hold = await set.hold(command, collection, HELD_MS);
      await hold.met();
      const killedAt = performance.now();
      await killPrimary();
      acceptedAgain.push((await acceptedAfter(killedAt + (killed.at(-1) ?? 0))) - killedAt);
    },
    180_000,
  );
});

it('row 12: the primary falls silent (SIGSTOP) and hangs up on nobody: its connections are given up as soon as there is another', async () => {
  const silentAt = performance.now();
  const { ms, wake } = await set.silencePrimary();
  const again = (await acceptedAfter(silentAt + ms)) - silentAt;
  figure(12, 'primary silent: another one after', (ms / 1000).toFixed(1), 's');
  figure(12, 'primary silent: orders are accepted again after', (again / 1000).toFixed(1), 's');
  // An election takes 10 s, and the driver finds out in 10 s; by its defaults in 40.
  expect(again).toBeLessThan(30_000);
  await wake();
  await acceptedAfter(performance.now());
}, 180_000);

describe('row 12: kinds of write that a steady load does not make', () => {
  beforeAll(async () => {
    await upstream.stop();
    expect((await untilAllHasEnded(world, 240_000)).undone).toEqual([]);
  }, 300_000);

  it.each(madeWrites)(
    '$words: its answer is lost',
    async ({ command, collection, make }) => {
      for (const whoRepeats of WHO_REPEATS) {
        const loss = await set.loseAnswer(command, collection, whoRepeats);
        const [wrong] = await Promise.all([make(world), loss.met()]);
        expect(wrong).toEqual([]);
      }
    },
    150_000,
  );

  it.each(madeWrites)(
    '$words: the primary steps down',
    async ({ command, collection, make }) => {
      const hold = await set.hold(command, collection, HELD_MS);
      const [wrong] = await Promise.all([make(world), hold.met().then(async () => elections.push(await set.stepDown()))]);
      expect(wrong).toEqual([]);
    },
    90_000,
  );

  it.each(madeWrites)(
    '$words: the primary is killed',
    async ({ command, collection, make }) => {
      const hold = await set.hold(command, collection, HELD_MS);
      const [wrong] = await Promise.all([make(world), hold.met().then(killPrimary)]);
      expect(wrong).toEqual([]);
    },
    180_000,
  );
});

describe('row 12: in the end', () => {
  it('nothing is lost, nobody is called twice, everything has its ending', async () => {
    const { seconds, undone } = await untilAllHasEnded(world, 240_000);
    expect(undone).toEqual([]);
    const wrong = await wrongEndings(world, upstream.accepted);
    figure(12, 'longest election after a step-down', (Math.max(...elections) / 1000).toFixed(2), 's');
    figure(12, 'deliveries through', upstream.accepted.length);
    figure(12, 'kinds of write', steadyWrites.length + madeWrites.length);
    figure(12, 'changes of the primary, by a step-down and by kill -9', `${elections.length} and ${killed.length}`);
    figure(12, 'primary killed: another one after', range(killed), 's');
    figure(12, 'primary killed: orders are accepted again after', range(acceptedAgain), 's');
    figure(12, 'lost or doubled', wrong.length);
    figure(12, 'customers who heard an apology', apologised(world).size);
    figure(12, 'all ended after the last change', seconds.toFixed(0), 's');
    expect(wrong).toEqual([]);
  }, 300_000);

  it('upstream heard 202, 200, 409 of a key in use, or 503, and nothing else', () => {
    const statuses = upstream.heard.map(({ status }) => status);
    figure(12, '503 answered', statuses.filter((status) => status === 503).length);
    expect([...new Set(statuses)].filter((status) => ![200, 202, 409, 503].includes(status))).toEqual([]);
  });

  it('no transition is half applied: attempt, log, history and inbox say the same', async () => {
    const { db } = world;
    const attempts = await db
      .collection('callattempts')
      .find({ call_sid: { $exists: true } })
      .toArray();
    const logs = new Map((await db.collection('calllogs').find().toArray()).map((log) => [String(log['call_sid']), log]));
    const halves = attempts.filter((attempt) => {
      const log = logs.get(String(attempt['call_sid']));
      return log?.['outcome'] !== attempt['outcome'] || log?.['event_count'] !== attempt['event_count'];
    });
    expect(halves).toEqual([]);
    expect(logs.size).toBe(attempts.length);
    expect(await db.collection('webhookevents').countDocuments({ state: { $ne: 'applied' } })).toBe(0);
    const customers = await db.collection('customers').find().toArray();
    expect(customers.reduce((sum, { call_history }) => sum + (call_history as unknown[]).length, 0)).toBe(attempts.length);
  });

  it('no job needed more than one retry, and none has failed', async () => {
    let most = 0;
    for (const name of queueNames) {
      const jobs = await world.queue(name).getJobs(['completed', 'failed', 'delayed', 'prioritized', 'wait', 'active']);
      most = Math.max(most, ...jobs.map(({ attemptsMade }) => attemptsMade - 1));
    }
    const postponed = Map.groupBy(
      world.complaints.filter((line) => /job (postponed|failed)/.test(line)),
      (line) => /"jobId":"([^"]+)"/.exec(line)?.[1],
    );
    const again = Math.max(0, ...[...postponed.values()].map(({ length }) => length));
    figure(12, 'most retries of a job', most);
    figure(12, 'jobs that were put off', postponed.size);
    figure(12, 'most times that one job was put off, by elections one after the other', again);
    expect(await failedJobs(world)).toEqual([]);
    expect(most).toBeLessThanOrEqual(1);
  });
});

const range = (all: readonly number[]): string => `${(Math.min(...all) / 1000).toFixed(1)}–${(Math.max(...all) / 1000).toFixed(1)}`;
