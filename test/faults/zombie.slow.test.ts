import { ObjectId } from 'mongodb';
import { beforeAll, expect, it, vi } from 'vitest';
import { freePort } from '#scripts/services/server.ts';
import type { StackProcess } from '#scripts/stack/start-stack.ts';
import { figure } from '#test/support/figures.ts';
import { atTheEnd, startWorld, type World } from '#test/support/stack.ts';
import { startTcpProxy, type TcpProxy } from '#test/support/tcp-proxy.ts';
import { accountOf, faultsInTheBooks, type Account } from '#test/stories/account.ts';
import { submit, type Submitted } from '#test/stories/submit.ts';
import { untilAllHasEnded } from './endings.ts';
import { scrape, total } from './worker-metrics.ts';

// Real worker processes stopped with SIGSTOP in the middle of an effect, for much longer than their jobs' locks (10 s) last; another
// worker takes over; then they wake with SIGCONT and go on where they were. The first one is in the request to Twilio, in an upload
// to S3 and in a push at that moment; the second one has claimed an attempt and does not know it yet.

const WAIT = { timeout: 60_000, interval: 10 };
/** One way, in ms: long enough to see a claim in MongoDB before the claimer does. */
const FAR_MS = 700;

let world: World;
let busy: StackProcess;
let claiming: StackProcess;
const ports = { busy: 0, claiming: 0 };
const submitted = {} as Record<'dialing' | 'uploading' | 'pushing' | 'claimed', Submitted>;
const accounts = {} as Record<keyof typeof submitted, Account>;
let undone: string[];

const stateOf = async ({ id }: Submitted) =>
  (await world.db.collection('callattempts').findOne({ delivery_id: new ObjectId(id) }))?.['state'];
const proxyTo = async (uri: string): Promise<TcpProxy> => {
  const proxy = await startTcpProxy({ port: Number(new URL(uri).port) });
  atTheEnd(proxy.close);
  return proxy;
};
const workerWith = async (env: Readonly<Record<string, string>>): Promise<StackProcess> => {
  const { processes } = await world.startAgain({ processes: ['worker'], env });
  return processes.find(({ name }) => name === 'worker') as StackProcess;
};

beforeAll(async () => {
  world = await startWorld({ scale: 60, processes: ['web', 'clock'] });
  const { simulator, env } = world;
  const s3 = await proxyTo(String(env['S3_ENDPOINT']));
  const mongodb = await proxyTo(String(env['MONGODB_URI']));

  ports.busy = await freePort();
  busy = await workerWith({ S3_ENDPOINT: `http://127.0.0.1:${s3.port}`, METRICS_PORT: String(ports.busy) });
  await s3.blackHole();
  const say = 'The gate code is 4711, then take the lift.';
  submitted.uploading = await submit(world, { person: { scenario: 'instructions', say } });
  await vi.waitUntil(() => s3.connections() > 0, WAIT);
  simulator.addFault({ target: 'push', kind: 'hang-before' });
  submitted.pushing = await submit(world, { person: 'confirm' });
  await vi.waitUntil(() => simulator.log.entries({ kind: 'fault' }).some(({ target }) => target === 'push'), WAIT);
  submitted.dialing = await submit(world, { person: 'confirm' }, (to) =>
    simulator.addFault({ target: 'twilio', kind: 'slow', delayMs: 2000, match: { method: 'POST', to } }),
  );
  await vi.waitUntil(() => simulator.log.entries({ kind: 'fault', to: submitted.dialing.phone }).length === 1, WAIT);
  busy.kill('SIGSTOP');

  ports.claiming = await freePort();
  claiming = await workerWith({
    MONGODB_URI: mongodb.addressOf(String(env['MONGODB_URI'])),
    WORKER_QUEUES: 'call',
    METRICS_PORT: String(ports.claiming),
  });
  await mongodb.latency(FAR_MS);
  submitted.claimed = await submit(world, { person: 'confirm' });
  await vi.waitUntil(async () => (await stateOf(submitted.claimed)) === 'submitting', WAIT);
  claiming.kill('SIGSTOP');
  expect(simulator.calls().filter(({ to }) => to === submitted.claimed.phone)).toEqual([]);

  const began = performance.now();
  await workerWith({});
  // A claim counts as abandoned after 30 s; that no call was placed takes two look-ups, 60 s apart.
  undone = (await untilAllHasEnded(world, 240_000)).undone;
  figure(4, 'the other worker had finished everything after', ((performance.now() - began) / 1000).toFixed(0), 's');
  await Promise.all([s3.pass(), mongodb.pass()]);
  for (const zombie of [busy, claiming]) zombie.kill('SIGCONT');
}, 360_000);

it('row 4: the woken workers’ writes are refused by epoch, and counted', async () => {
  expect(undone).toEqual([]);
  const fenced = async (port: number) => total(await scrape(port), 'fenced_writes_total');
  await expect.poll(() => fenced(ports.busy), WAIT).toBeGreaterThanOrEqual(1);
  await expect.poll(() => fenced(ports.claiming), WAIT).toBeGreaterThanOrEqual(1);
  figure(4, 'fenced writes of the first', await fenced(ports.busy));
  figure(4, 'fenced writes of the second', await fenced(ports.claiming));
}, 90_000);

it('row 4: they end in order afterwards', async () => {
  for (const zombie of [busy, claiming]) {
    zombie.kill('SIGTERM');
    expect(await zombie.exited).toBe(0);
  }
}, 90_000);

it('row 4: one call, one recording, one push each, whatever the woken ones did', async () => {
  for (const [name, each] of Object.entries(submitted)) accounts[name as keyof typeof accounts] = await accountOf(world, each);
  for (const [name, { calls, pushes }] of Object.entries(accounts)) {
    expect(calls, name).toHaveLength(1);
    expect(pushes, name).toHaveLength(1);
  }
  expect(accounts.uploading.recordings).toHaveLength(1);
  expect(world.simulator.log.entries({ kind: 'transcription' })).toHaveLength(1);
  expect(accounts.uploading.shown).toMatchObject({ contact: { state: 'instructed' } });
  figure(4, 'calls doubled', Object.values(accounts).filter(({ calls }) => calls.length > 1).length);
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
