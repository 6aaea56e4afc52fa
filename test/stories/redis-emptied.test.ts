import { Redis } from 'ioredis';
import { ObjectId } from 'mongodb';
import { beforeAll, expect, it, vi } from 'vitest';
import { startRedis } from '#scripts/services/redis.ts';
import { atTheEnd, startWorld, type World } from '#test/support/stack.ts';
import { accountOf, faultsInTheBooks, unfinished, type Account } from './account.ts';
import { submit, type Submitted } from './submit.ts';

// One FLUSHALL meets five deliveries, each at its own moment. Queues that an operator has paused hold them there; the flush also
// forgets the pause. Afterwards reconcile runs as the command.

const at = {
  transcribed: 'between transcript and analysis',
  recorded: 'a recording before its upload',
  retrying: 'a retry waiting delayed',
  reported: 'an inbox event unprocessed',
  dialing: 'a dial in flight',
};
type Moment = keyof typeof at;

const SENTENCES = { transcribed: 'The gate code is 1111, then take the lift.', recorded: 'The gate code is 2222, then take the lift.' };
const WAIT = { timeout: 20_000, interval: 50 };

let world: World;
const jobsBefore = {} as Record<string, number>;
const dialingAtTheFlush = { state: '' };
const accounts = {} as Record<Moment, Account>;

beforeAll(async () => {
  const redis = await startRedis();
  atTheEnd(redis.stop);
  world = await startWorld({ redisUrl: redis.url });
  const { db, simulator, queue } = world;
  const attemptOf = async ({ id }: Submitted, number = 1) =>
    db.collection('callattempts').findOne({ delivery_id: new ObjectId(id), number });

  await queue('ai-analysis').pause();
  const transcribed = await submit(world, { person: { scenario: 'instructions', say: SENTENCES.transcribed } });
  await vi.waitUntil(async () => (await waiting(world, 'ai-analysis')) === 1, WAIT);

  await queue('recording').pause();
  const recorded = await submit(world, { person: { scenario: 'instructions', say: SENTENCES.recorded } });
  await vi.waitUntil(async () => (await attemptOf(recorded))?.['recording']?.state === 'pending', WAIT);

  const retrying = await submit(world, { person: 'no-answer,confirm' });
  await vi.waitUntil(async () => (await attemptOf(retrying, 2)) !== null && (await queue('call').getDelayedCount()) === 1, WAIT);

  await queue('call-event').pause();
  const reported = await submit(world, { person: 'confirm' });
  await vi.waitUntil(() => db.collection('webhookevents').findOne({ state: 'received', 'data.status': 'completed' }), WAIT);

  const dialing = await submit(world, { person: 'confirm' }, (to) =>
    simulator.addFault({ target: 'twilio', kind: 'slow', delayMs: 3000, match: { method: 'POST', to } }),
  );
  await vi.waitUntil(() => simulator.log.entries({ kind: 'fault', to: dialing.phone }).length === 1, WAIT);

  for (const name of ['ai-analysis', 'recording', 'call', 'call-event'] as const) jobsBefore[name] = await waiting(world, name);
  dialingAtTheFlush.state = String((await attemptOf(dialing))?.['state']);
  await flushAll(redis.url);

  await vi
    .waitUntil(
      async () => {
        await world.reconcile();
        return (await unfinished(world)).length === 0;
      },
      { timeout: 45_000, interval: 2000 },
    )
    .catch(() => undefined);
  const submitted = { transcribed, recorded, retrying, reported, dialing };
  for (const [moment, each] of Object.entries(submitted)) accounts[moment as Moment] = await accountOf(world, each);
}, 100_000);

const waiting = async ({ queue }: World, name: Parameters<World['queue']>[0]) => {
  const counts = await queue(name).getJobCounts('wait', 'prioritized', 'delayed', 'active');
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
};

async function flushAll(url: string): Promise<void> {
  const client = new Redis(url);
  await client.flushall();
  client.disconnect();
}

it('lost work that only Redis had named', () => {
  expect(jobsBefore).toMatchObject({ 'ai-analysis': 1, recording: 1, call: 2 });
  expect(jobsBefore['call-event']).toBeGreaterThan(0);
  expect(dialingAtTheFlush.state).toBe('submitting');
});

it.each(['transcribed', 'recorded'] as const)('%s: the driver gets the words of this recording', (moment) => {
  const account = accounts[moment];
  expect(account.shown).toMatchObject({
    contact: { state: 'instructed' },
    recording: { processing_status: 'completed', transcription: SENTENCES[moment] },
  });
  expect(account.calls).toHaveLength(1);
  expect(account.pushes.map(({ body }) => body)).toEqual([expect.stringContaining(SENTENCES[moment])]);
});

it(`${at.retrying}: the second call comes, once`, () => {
  const account = accounts.retrying;
  expect(account.attempts.map((attempt) => attempt['outcome'])).toEqual(['no_answer', 'confirmed']);
  expect(account.calls).toHaveLength(2);
});

it.each(['reported', 'dialing'] as const)('%s: ends right, with one call', (moment) => {
  const account = accounts[moment];
  expect(account.shown).toMatchObject({ contact: { state: 'confirmed' } });
  expect(account.calls).toMatchObject([{ pressed: ['1'] }]);
  expect(account.pushes).toHaveLength(1);
});

it('leaves nothing undone, and nobody was called twice', async () => {
  expect(await unfinished(world)).toEqual([]);
  expect(await faultsInTheBooks(world)).toEqual([]);
});
