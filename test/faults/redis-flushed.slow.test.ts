import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { beforeAll, expect, it } from 'vitest';
import type { QueueName } from '#queues/catalogue.ts';
import { startRedis } from '#scripts/services/redis.ts';
import { figure } from '#test/support/figures.ts';
import { atTheEnd, startWorld, type World } from '#test/support/stack.ts';
import { submitMany, type Submitted } from '#test/stories/submit.ts';
import { mixed, untilAllHasEnded, wrongEndings } from './endings.ts';
import { startUpstream, type Upstream } from './steady-upstream.ts';

// FLUSHALL while orders come in, calls are made at a pace, retries wait delayed and hundreds of deliveries wait for the morning. The clock
// starts reconcile by itself; no command is given and no process is restarted.

const POSTPONED = 300;
const BOUND_SECONDS = 60;

let world: World;
let upstream: Upstream;
let postponed: Submitted[];
let url: string;

const UNDONE = { processing_status: { $in: ['pending', 'processing'] } };

/** The jobs that MongoDB says must be there, by queue. */
async function needed({ db }: World): Promise<Map<string, QueueName>> {
  const found = new Map<string, QueueName>();
  const list = async (collection: string, filter: object, queue: QueueName, key: (id: string, generation: unknown) => string) => {
    for (const row of await db.collection(collection).find(filter).toArray()) found.set(key(String(row._id), row['generation']), queue);
  };
  await Promise.all([
    list('callattempts', { state: 'planned' }, 'call', (id, generation) => `call-${id}-g${String(generation)}`),
    list('callattempts', { follow_up: 'due' }, 'retry', (id) => `retry-${id}`),
    list('callattempts', { 'recording.state': 'pending' }, 'recording', (id) => `recording-${id}`),
    list('webhookevents', { state: 'received' }, 'call-event', (id) => `call-event-${id}`),
    list('recordings', { ...UNDONE, 'transcription.text': { $exists: false } }, 'transcription', (id) => `transcription-${id}`),
    list('recordings', { ...UNDONE, 'transcription.text': { $exists: true } }, 'ai-analysis', (id) => `ai-analysis-${id}`),
    list('notifications', { state: { $in: ['pending', 'sending'] } }, 'notification', (id) => `notification-${id}`),
  ]);
  return found;
}

const missingOf = async (jobs: ReadonlyMap<string, QueueName>): Promise<string[]> => {
  const states = await Promise.all([...jobs].map(async ([id, queue]) => [id, await world.queue(queue).getJobState(id)] as const));
  return states.filter(([, state]) => state === 'unknown').map(([id]) => id);
};

beforeAll(async () => {
  const redis = await startRedis();
  atTheEnd(redis.stop);
  url = redis.url;
  // Slow enough for the morning not to come while the test runs, and for the calls to be a backlog.
  world = await startWorld({ redisUrl: url, scale: 60, env: { TWILIO_CPS: '8' } });
  postponed = await submitMany(world, POSTPONED, { person: 'confirm', hour: 22 });
  upstream = startUpstream(world, 100, mixed);
}, 120_000);

it('row 9: FLUSHALL under load: all pending work is back within 60 s', async () => {
  await expect.poll(() => upstream.accepted.length, { timeout: 60_000 }).toBeGreaterThan(120);
  const redis = new Redis(url);
  await redis.flushall();
  redis.disconnect();
  const began = performance.now();
  const before = await needed(world);
  let missing = await missingOf(before);
  figure(9, 'pending jobs lost by FLUSHALL', missing.length);
  expect(missing.length).toBeGreaterThan(POSTPONED);

  while (missing.length > 0 && performance.now() - began < 2 * BOUND_SECONDS * 1000) {
    await delay(250);
    // What was worked off meanwhile needs no job any more.
    const still = await needed(world);
    missing = await missingOf(new Map([...before].filter(([id]) => still.has(id))));
  }
  const seconds = (performance.now() - began) / 1000;
  figure(9, 'all pending work back after', seconds.toFixed(1), 's');
  expect(missing).toEqual([]);
  expect(seconds).toBeLessThan(BOUND_SECONDS);
}, 180_000);

it('row 9: what flows ends right, and nobody was called twice', async () => {
  await upstream.stop();
  const ids = new Set(postponed.map(({ id }) => id));
  await expect
    .poll(
      async () =>
        (
          await world.db
            .collection('deliveries')
            .find({ 'contact.state': { $in: ['pending', 'contacting'] } })
            .toArray()
        ).filter(({ _id }) => !ids.has(String(_id))).length,
      { timeout: 120_000, interval: 500 },
    )
    .toBe(0);
}, 130_000);

it('row 9: the pending set is the one before: each postponed delivery has its job, delayed, and there is no other', async () => {
  const wanted = [...(await needed(world))].filter(([, queue]) => queue === 'call').map(([id]) => id);
  const held = (await world.queue('call').getJobs(['delayed', 'prioritized', 'wait', 'active'])).map(({ id }) => String(id));
  expect(wanted).toHaveLength(POSTPONED);
  expect(held.toSorted()).toEqual(wanted.toSorted());
});

it('row 9: in the end nothing is undone', async () => {
  for (const { id } of postponed) {
    const answer = await world.request('POST', `/v1/deliveries/${id}/cancel`);
    expect(answer.status, answer.text).toBe(200);
  }
  const { undone } = await untilAllHasEnded(world, 60_000);
  expect(undone).toEqual([]);
  const wrong = await wrongEndings(world, upstream.accepted);
  figure(9, 'deliveries through', upstream.accepted.length + POSTPONED);
  figure(9, 'lost or doubled', wrong.length);
  expect(wrong).toEqual([]);
}, 120_000);
