import { ObjectId } from 'mongodb';
import { beforeAll, expect, it, vi } from 'vitest';
import { queueNames, type QueueName } from '#queues/catalogue.ts';
import { freePort } from '#scripts/services/server.ts';
import type { StackProcess } from '#scripts/stack/start-stack.ts';
import { figure } from '#test/support/figures.ts';
import { atTheEnd, startWorld, type World } from '#test/support/stack.ts';
import { startTcpProxy, type TcpProxy } from '#test/support/tcp-proxy.ts';
import { accountOf, faultsInTheBooks, type Account } from '#test/stories/account.ts';
import { submit, type Submitted } from '#test/stories/submit.ts';
import { untilAllHasEnded } from './endings.ts';
import { startHttpCounter, type HttpCounter } from './http-counter.ts';
import { scrape, total } from './worker-metrics.ts';

// Real worker processes stopped with SIGSTOP in the middle of an effect, for longer than their jobs' locks (10 s) last; other workers take
// over; then they wake with SIGCONT and go on where they were. `busy` is in the request to Twilio and in a push at that moment; `claiming`
// has claimed an attempt, and `telling` a notification, and do not know it yet; `copying` waits for the recording that it is to upload.

const WAIT = { timeout: 60_000, interval: 10 };
/** One way, in ms: long enough to see a claim in MongoDB before the claimer does. */
const FAR_MS = 700;

interface Zombie {
  process: StackProcess;
  metricsPort: number;
}

let world: World;
let s3: HttpCounter;
const zombies = {} as Record<'busy' | 'claiming' | 'telling' | 'copying', Zombie>;
const submitted = {} as Record<'pushing' | 'dialing' | 'claimed' | 'told' | 'uploading', Submitted>;
const accounts = {} as Record<keyof typeof submitted, Account>;
let undone: string[];

const rowOf = ({ id }: Submitted, collection: string) => world.db.collection(collection).findOne({ delivery_id: new ObjectId(id) });
const workerWith = async (env: Readonly<Record<string, string>> = {}): Promise<Zombie> => {
  const metricsPort = await freePort();
  const S3_ENDPOINT = `http://127.0.0.1:${s3.port}`;
  const { processes } = await world.startAgain({ processes: ['worker'], env: { S3_ENDPOINT, METRICS_PORT: String(metricsPort), ...env } });
  return { process: processes.find(({ name }) => name === 'worker') as StackProcess, metricsPort };
};
/** A worker of one queue, whose writes are seen in MongoDB before it knows of them. */
const farWorker = async (queue: QueueName): Promise<Zombie & { mongodb: TcpProxy }> => {
  const uri = String(world.env['MONGODB_URI']);
  const mongodb = await startTcpProxy({ port: Number(new URL(uri).port) });
  atTheEnd(mongodb.close);
  const worker = await workerWith({ MONGODB_URI: mongodb.addressOf(uri), WORKER_QUEUES: queue });
  await mongodb.latency(FAR_MS);
  return { ...worker, mongodb };
};
const fenced = async ({ metricsPort }: Zombie, write: string) => total(await scrape(metricsPort), 'fenced_writes_total', `"${write}"`);

beforeAll(async () => {
  world = await startWorld({ scale: 60, processes: ['web', 'clock'] });
  const { simulator, env } = world;
  s3 = await startHttpCounter({ port: Number(new URL(String(env['S3_ENDPOINT'])).port) });
  atTheEnd(s3.close);
  const struck = (target: string) =>
    vi.waitUntil(() => simulator.log.entries({ kind: 'fault' }).some((each) => each['target'] === target), WAIT);

  zombies.busy = await workerWith();
  simulator.addFault({ target: 'push', kind: 'hang-before' });
  submitted.pushing = await submit(world, { person: 'confirm' });
  await struck('push');
  submitted.dialing = await submit(world, { person: 'confirm' }, (to) =>
    simulator.addFault({ target: 'twilio', kind: 'slow', delayMs: 2000, match: { method: 'POST', to } }),
  );
  await vi.waitUntil(() => simulator.log.entries({ kind: 'fault', to: submitted.dialing.phone }).length === 1, WAIT);
  zombies.busy.process.kill('SIGSTOP');

  // Another ends what that one holds, and leaves: each of the following is to be stopped in one effect, not in what it took over as well.
  const successor = await workerWith();
  expect((await untilAllHasEnded(world, 120_000)).undone).toEqual([]);
  successor.process.kill('SIGTERM');
  expect(await successor.process.exited).toBe(0);

  const claiming = await farWorker('call');
  zombies.claiming = claiming;
  submitted.claimed = await submit(world, { person: 'confirm' });
  await vi.waitUntil(async () => (await rowOf(submitted.claimed, 'callattempts'))?.['state'] === 'submitting', WAIT);
  claiming.process.kill('SIGSTOP');
  expect(simulator.calls().filter(({ to }) => to === submitted.claimed.phone)).toEqual([]);

  const began = performance.now();
  await workerWith({ WORKER_QUEUES: queueNames.filter((name) => name !== 'notification' && name !== 'recording').join(',') });
  const telling = await farWorker('notification');
  zombies.telling = telling;
  submitted.told = await submit(world, { person: 'confirm' });
  await vi.waitUntil(async () => (await rowOf(submitted.told, 'notifications'))?.['state'] === 'sending', WAIT);
  telling.process.kill('SIGSTOP');
  expect(await world.db.collection('notifications').countDocuments({ state: 'sending' })).toBe(1);

  zombies.copying = await workerWith({ WORKER_QUEUES: 'recording' });
  simulator.addFault({ target: 'media', kind: 'slow', delayMs: 2000 });
  submitted.uploading = await submit(world, {
    person: { scenario: 'instructions', say: 'The gate code is 4711, then take the lift.' },
  });
  await struck('media');
  zombies.copying.process.kill('SIGSTOP');
  expect(s3.seen).toEqual([]);

  await workerWith();
  await vi.waitUntil(async () => (await rowOf(submitted.uploading, 'callattempts'))?.['recording'].state === 'stored', WAIT);
  zombies.copying.process.kill('SIGCONT');
  // A claim counts as abandoned after 30 s; that no call was placed takes two look-ups, 60 s apart.
  undone = (await untilAllHasEnded(world, 240_000)).undone;
  figure(4, 'the other workers had finished everything after', ((performance.now() - began) / 1000).toFixed(0), 's');
  await Promise.all([claiming.mongodb.pass(), telling.mongodb.pass()]);
  for (const zombie of [zombies.busy, claiming, telling]) zombie.process.kill('SIGCONT');
}, 360_000);

it.each([
  ['busy', 'notification'],
  ['claiming', 'unclaim'],
  ['telling', 'notification'],
  ['copying', 'upload'],
] as const)(
  'row 4: what the woken worker "%s" then writes is refused, and counted: %s',
  async (name, write) => {
    expect(undone).toEqual([]);
    await expect.poll(() => fenced(zombies[name], write), WAIT).toBe(1);
    figure(4, `fenced writes (${write}) of the worker "${name}"`, await fenced(zombies[name], write));
  },
  90_000,
);

it('row 4: they end in order afterwards', async () => {
  for (const { process } of Object.values(zombies)) {
    process.kill('SIGTERM');
    expect(await process.exited).toBe(0);
  }
}, 90_000);

it('row 4: one call, one upload, one push each, whatever the woken ones did', async () => {
  for (const [name, each] of Object.entries(submitted)) accounts[name as keyof typeof accounts] = await accountOf(world, each);
  for (const [name, { calls, pushes }] of Object.entries(accounts)) {
    expect(calls, name).toHaveLength(1);
    expect(pushes, name).toHaveLength(1);
  }
  const uploads = s3.seen.filter((each) => each.startsWith('PUT '));
  expect(uploads).toEqual([expect.stringContaining(submitted.uploading.id)]);
  expect(world.simulator.log.entries({ kind: 'transcription' })).toHaveLength(1);
  expect(accounts.uploading.shown).toMatchObject({ contact: { state: 'instructed' } });
  figure(4, 'calls doubled', Object.values(accounts).filter(({ calls }) => calls.length > 1).length);
  figure(4, 'uploads of one recording', uploads.length);
  figure(4, 'most pushes of one message', Math.max(...Object.values(accounts).map(({ pushes }) => pushes.length)));
});

it('row 2: what was claimed and never dialed is called by another attempt, once Twilio was asked twice', () => {
  expect(accounts.claimed.attempts).toMatchObject([
    { number: 1, state: 'not_placed', lookups: { empty: 2 } },
    { number: 2, state: 'finished', outcome: 'confirmed' },
  ]);
});

it('in the end nothing is undone, and the books are right', async () => {
  expect((await untilAllHasEnded(world, 10_000)).undone).toEqual([]);
  expect(await faultsInTheBooks(world)).toEqual([]);
});
