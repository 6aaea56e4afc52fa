import { Redis } from 'ioredis';
import { ObjectId } from 'mongodb';
import { beforeAll, expect, it, vi } from 'vitest';
import type { QueueName } from '#queues/catalogue.ts';
import { startRedis } from '#scripts/services/redis.ts';
import { newNotification } from '#src/db/documents/notification.ts';
import type { NotificationDoc } from '#src/db/models/notifications.ts';
import { createAgents } from '#src/db/repositories/agents.ts';
import { hashPassword } from '#src/http/board/passwords.ts';
import { accountOf, unfinished } from '#test/stories/account.ts';
import { submit, submitMany, type Submitted } from '#test/stories/submit.ts';
import { figure } from '#test/support/figures.ts';
import { atTheEnd, startWorld, type World } from '#test/support/stack.ts';

// FLUSHALL finds jobs that had failed for good: a push that was refused, an analysis and a copy of a recording that were given up, and
// thousands of pushes more. The clock starts reconcile by itself; no command is given and no process is restarted.

const MANY = 5000;
const POSTPONED = 20;
const BOUND_SECONDS = 60;
const SCALE = 300;
const DAY = 24 * 60 * 60 * 1000;
const SENTENCE = 'The gate code is 4711, then take the lift.';
const PASSWORD = 'correct horse battery staple';
const LONG = { timeout: 60_000, interval: 200 };
const QUEUES = ['recording', 'transcription', 'ai-analysis', 'notification'] as const satisfies QueueName[];

let world: World;
let url: string;
let postponed: Submitted[];
const orders = {} as Record<'refused' | 'unread' | 'uncopied', Submitted>;
/** By id: why. */
let before: Map<string, string>;

/** The failed jobs and why, as the board lists them. */
async function failed(): Promise<Map<string, string>> {
  const jobs = (await Promise.all(QUEUES.map((name) => world.queue(name).getFailed(0, 2 * MANY)))).flat();
  return new Map(jobs.map(({ id, failedReason }) => [String(id), failedReason]));
}
const failedOf = async (name: (typeof QUEUES)[number]) => world.queue(name).getFailedCount();

/** What the rows say that the failed jobs should say. */
async function given(): Promise<Map<string, string>> {
  const { db } = world;
  const found = new Map<string, string>();
  for (const { _id, reason } of await db.collection('notifications').find({ state: 'failed' }).toArray())
    found.set(`notification-${String(_id)}`, String(reason));
  for (const { _id, recording } of await db.collection('callattempts').find({ 'recording.state': 'failed' }).toArray())
    found.set(`recording-${String(_id)}`, String(recording.error));
  for (const { _id, transcription, error_message } of await db.collection('recordings').find({ processing_status: 'failed' }).toArray())
    found.set(`${transcription.text === undefined ? 'transcription' : 'ai-analysis'}-${String(_id)}`, String(error_message));
  return found;
}

const outside = () => ['push', 'call', 'analysis', 'transcription'].map((kind) => world.simulator.log.entries({ kind }).length);

const aFailedPush = (n: number, at: Date): NotificationDoc =>
  newNotification(
    {
      _id: new ObjectId(),
      key: `given up ${n}`,
      delivery_id: new ObjectId(),
      agent_id: new ObjectId(world.driverId),
      kind: 'confirmed',
      title: 'News',
      body: 'that is old by now',
      state: 'failed',
      reason: `given up ${n}`,
      trace_id: 'a'.repeat(32),
    },
    at,
  );

beforeAll(async () => {
  const redis = await startRedis();
  atTheEnd(redis.stop);
  url = redis.url;
  world = await startWorld({ redisUrl: url, scale: SCALE });
  const { db, simulator, queue } = world;
  const leaving = { person: { scenario: 'instructions', say: SENTENCE } } as const;
  // Nothing there yet to be put back: what fails from now on has failed by itself.
  await vi.waitUntil(async () => (await queue('reconcile').getCompletedCount()) > 0, LONG);

  simulator.addFault({ target: 'push', kind: '403' });
  orders.refused = await submit(world, { person: 'confirm' });
  await vi.waitUntil(async () => (await failedOf('notification')) === 1, LONG);

  const refusal = simulator.addFault({ target: 'openai', kind: 'refusal', times: 0 });
  orders.unread = await submit(world, leaving);
  await vi.waitUntil(async () => (await failedOf('ai-analysis')) === 1, LONG);
  simulator.faults.remove(refusal);

  orders.uncopied = await submit(world, leaving, (to) => simulator.addFault({ target: 'media', kind: 'html', times: 0, match: { to } }));
  await vi.waitUntil(async () => {
    // Its retries would last minutes.
    for (const job of await queue('recording').getDelayed()) await job.promote().catch(() => undefined);
    return (await failedOf('recording')) === 1;
  }, LONG);
  simulator.faults.clear();
  await vi.waitUntil(async () => (await unfinished(world)).length === 0, LONG);
  before = await failed();

  const now = world.now();
  const longAgo = new Date(now.getTime() - 15 * DAY * SCALE);
  await db.collection<NotificationDoc>('notifications').insertMany(Array.from({ length: MANY }, (_, n) => aFailedPush(n, now)));
  await db.collection<NotificationDoc>('notifications').insertOne(aFailedPush(MANY, longAgo));
  postponed = await submitMany(world, POSTPONED, { person: 'confirm', hour: 22 });
  await vi.waitUntil(async () => (await queue('call').getDelayedCount()) === POSTPONED, LONG);
}, 180_000);

it('row 9: FLUSHALL: what had failed is failed again within 60 s, with the stored reasons, after all that is pending', async () => {
  expect([...before.keys()].map((id) => id.replace(/-[0-9a-f]{24}$/, '')).toSorted()).toEqual(['ai-analysis', 'notification', 'recording']);
  const wanted = await given();
  const forgotten = [...wanted].find(([, reason]) => reason === `given up ${MANY}`)?.[0];
  wanted.delete(forgotten ?? '');
  expect(wanted.size).toBe(before.size + MANY);
  const done = outside();
  const complaints = world.complaints.length;

  const redis = new Redis(url);
  await redis.flushall();
  redis.disconnect();
  const began = performance.now();
  const seconds = () => (performance.now() - began) / 1000;
  let pendingAfter = 0;
  await expect
    .poll(
      async () => {
        if (pendingAfter === 0 && (await world.queue('call').getDelayedCount()) === POSTPONED) pendingAfter = seconds();
        return (await Promise.all(QUEUES.map(failedOf))).reduce((sum, count) => sum + count, 0);
      },
      { timeout: 2 * BOUND_SECONDS * 1000, interval: 100 },
    )
    .toBe(wanted.size);
  const all = seconds();
  figure(9, 'pending jobs back, beside thousands that had failed, after', pendingAfter.toFixed(1), 's');
  figure(9, `${wanted.size} failed jobs visible again after`, all.toFixed(1), 's');
  const after = await failed();
  expect([...after.keys()].toSorted()).toEqual([...wanted.keys()].toSorted());
  expect(Object.fromEntries(after)).toEqual(Object.fromEntries(wanted));
  expect([...before.keys()].filter((id) => !after.has(id))).toEqual([]);
  expect(pendingAfter).toBeGreaterThan(0);
  expect(all).toBeLessThan(BOUND_SECONDS);

  // One more pass: nothing comes of it by itself.
  const passes = await world.queue('reconcile').getCompletedCount();
  await expect.poll(() => world.queue('reconcile').getCompletedCount(), LONG).toBeGreaterThan(passes);
  expect(outside()).toEqual(done);
  figure(9, 'messages sent by FLUSHALL', (outside()[0] ?? 0) - (done[0] ?? 0));
  expect(await given().then((rows) => rows.size)).toBe(wanted.size + 1);
  expect(world.complaints.slice(complaints).filter((line) => line.includes('"alert":'))).toEqual([]);
}, 150_000);

it('row 9: retried from Bull Board, it is done', async () => {
  const { db, stack } = world;
  const email = 'admin@example.com';
  await createAgents(db).create(
    { name: 'Ada', role: 'admin', password: await hashPassword(PASSWORD), email, phone: '+12025559998' },
    new Date(),
  );
  const origin = new URL(stack.publicUrl).origin;
  const login = await fetch(`${stack.publicUrl}/board/login`, {
    method: 'POST',
    redirect: 'manual',
    headers: { origin, 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ email, password: PASSWORD }),
  });
  const cookie = login.headers
    .getSetCookie()
    .map((each) => each.split(';')[0])
    .join('; ');
  for (const id of before.keys()) {
    const queue = id.replace(/-[0-9a-f]{24}$/, '');
    const answer = await fetch(`${stack.publicUrl}/board/api/queues/${queue}/${id}/retry`, { method: 'PUT', headers: { origin, cookie } });
    expect(answer.status, await answer.text()).toBeLessThan(300);
  }
  const { refused, unread, uncopied } = orders;
  await expect.poll(async () => (await accountOf(world, refused)).pushes.length, LONG).toBe(1);
  for (const order of [unread, uncopied]) {
    await expect.poll(async () => (await accountOf(world, order)).recordings[0]?.['processing_status'] as unknown, LONG).toBe('completed');
    // First the driver was told to ask.
    await expect.poll(async () => (await accountOf(world, order)).pushes.at(-1)?.body, LONG).toContain(SENTENCE);
  }
  expect((await failed()).size).toBe(MANY);
}, 150_000);

it('row 9: and the postponed deliveries have their jobs', async () => {
  expect(await world.queue('call').getDelayedCount()).toBe(POSTPONED);
  expect(postponed).toHaveLength(POSTPONED);
});
