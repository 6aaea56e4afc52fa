import { beforeAll, describe, expect, it, vi } from 'vitest';
import { startRedis, type RunningRedis } from '#scripts/services/redis.ts';
import { makeOwnFolder, removeFolder, servicesFolder } from '#scripts/services/folders.ts';
import { atTheEnd, startWorld, type World } from '#test/support/stack.ts';
import { accountOf, faultsInTheBooks, unfinished, type Account } from './account.ts';
import { anOrder, submit, type Submitted } from './submit.ts';

// A redis-server of the test's own, killed with -9 and started again on its port, with its data. What was accepted meanwhile is found
// by reconcile, which the clock starts every 20 s: no process is restarted, no command is given.

const WAIT = { timeout: 20_000, interval: 50 };
const INSIDE_A_CALL = 5;
const SUBMITTED = 20;

let world: World;
let redis: RunningRedis;

beforeAll(async () => {
  const dataDir = await makeOwnFolder(servicesFolder, 'redis-of-a-story');
  atTheEnd(() => removeFolder(dataDir));
  redis = await startRedis({ dataDir });
  atTheEnd(() => redis.stop());
  // Slow enough for a call to last while Redis dies.
  world = await startWorld({ redisUrl: redis.url, scale: 20 });
});

const startAgain = async (): Promise<void> => {
  redis = await startRedis({ port: redis.port, dataDir: redis.dataDir });
};

describe('row 8: Redis killed with -9 while calls are going on', () => {
  const answers: { status: number; ms: number }[] = [];
  let inCall: Account[];
  let accepted: Account[];

  beforeAll(async () => {
    const { simulator } = world;
    const ringing = await Promise.all(
      Array.from({ length: INSIDE_A_CALL }, () => submit(world, { person: { scenario: 'confirm', ringMs: 29_000 } })),
    );
    await vi.waitUntil(
      () => simulator.log.entries({ kind: 'status' }).filter(({ status }) => status === 'ringing').length === INSIDE_A_CALL,
      WAIT,
    );
    await redis.kill('SIGKILL');

    const waiting: Submitted[] = [];
    for (let count = 0; count < SUBMITTED; count += 1) {
      const { phone, body } = anOrder(world, { person: 'confirm' });
      const answer = await world.request('POST', '/v1/deliveries', { body });
      answers.push(answer);
      waiting.push({ id: String(answer.body.id), phone, body });
    }
    await simulator.idle();
    await startAgain();
    await vi.waitUntil(async () => (await unfinished(world)).length === 0, { timeout: 60_000, interval: 250 }).catch(() => undefined);
    inCall = await Promise.all(ringing.map((each) => accountOf(world, each)));
    accepted = await Promise.all(waiting.map((each) => accountOf(world, each)));
  }, 120_000);

  it('accepts deliveries with 202 as ever, without hanging', () => {
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
    const slowest = Math.max(...answers.map(({ ms }) => ms));
    process.stdout.write(`Redis away: slowest of ${answers.length} submissions ${slowest.toFixed(0)} ms\n`);
    expect(slowest).toBeLessThan(1000);
  });

  it('speaks with the customers and takes all of Twilio’s callbacks', () => {
    for (const { calls, shown } of inCall) {
      expect(calls).toMatchObject([{ pressed: ['1'] }]);
      expect(new Set(calls[0]?.requests.map(({ event, status }) => `${event} ${status}`))).toEqual(
        new Set(['initiated 204', 'ringing 204', 'answered 204', 'voice 200', 'amd 204', 'gather 200', 'completed 204']),
      );
      expect(shown).toMatchObject({ contact: { state: 'confirmed' } });
    }
  });

  it('goes on by itself when Redis is back: everybody is called, once', async () => {
    expect(await unfinished(world)).toEqual([]);
    for (const { shown, calls, pushes } of accepted) {
      expect(shown).toMatchObject({ contact: { state: 'confirmed' } });
      expect(calls).toHaveLength(1);
      expect(pushes).toHaveLength(1);
    }
    expect(await faultsInTheBooks(world)).toEqual([]);
  });
});

it('row 8: starts without Redis, accepts, and works when Redis comes', async () => {
  await Promise.all(
    world.stack.processes.map(async (child) => {
      child.kill('SIGTERM');
      await child.exited;
    }),
  );
  await redis.kill('SIGKILL');
  const again = await world.startAgain();
  expect(again.processes.map(({ name }) => name).toSorted()).toEqual(['clock', 'release', 'web', 'worker']);

  const { phone, body } = anOrder(world, { person: 'confirm' });
  const answer = await world.request('POST', '/v1/deliveries', { body });
  expect(answer, answer.text).toMatchObject({ status: 202 });
  await startAgain();
  const account = () => accountOf(world, { id: String(answer.body.id), phone, body });
  await expect.poll(async () => (await account()).row['contact'].state, { timeout: 45_000, interval: 250 }).toBe('confirmed');
}, 90_000);
