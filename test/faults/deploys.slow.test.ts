import { setTimeout as delay } from 'node:timers/promises';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { queueNames } from '#queues/catalogue.ts';
import type { StackProcess } from '#scripts/stack/start-stack.ts';
import { figure } from '#test/support/figures.ts';
import { runScript } from '#test/support/run-script.ts';
import { startWorld, type World } from '#test/support/stack.ts';
import { submit } from '#test/stories/submit.ts';
import { mixed, untilAllHasEnded, wrongEndings } from './endings.ts';
import { startUpstream, type Upstream } from './steady-upstream.ts';

// Deploys under load: SIGTERM to real workers and clocks with new ones beside them, to a worker with short and long jobs in its hands, and
// migrations while everything runs.

const WAIT = { timeout: 60_000, interval: 50 };
const ROUNDS = 3;
/** What one script says of a migration that it applied. */
const APPLIED = /^applied \d{14}_/m;

const jobsOf = async (world: World) =>
  (
    await Promise.all(
      queueNames.map((name) => world.queue(name).getJobs(['completed', 'failed', 'delayed', 'prioritized', 'wait', 'active'])),
    )
  ).flat();
/** Runs that ended with an error, by job. */
const costs = async (world: World) =>
  (await jobsOf(world)).filter(({ stacktrace }) => (stacktrace ?? []).length > 0).map(({ id, stacktrace }) => ({ id, stacktrace }));
const newest = ({ processes }: { processes: readonly StackProcess[] }, name: string) =>
  processes.findLast((each) => each.name === name) as StackProcess;

describe('row 6: SIGTERM in the middle of jobs', () => {
  let world: World;
  let code: number;
  let endedAfterMs: number;
  let atTheSignal: number;
  const long = { jobId: '' };

  beforeAll(async () => {
    world = await startWorld({ scale: 60, processes: ['web', 'clock'], env: { TWILIO_CPS: '8', SHUTDOWN_GRACE_SECONDS: '6' } });
    const { simulator } = world;
    const worker = newest(await world.startAgain({ processes: ['worker'] }), 'worker');
    // A transcription that OpenAI never answers is the long job; dials of a second are the short ones, with a backlog behind them.
    simulator.addFault({ target: 'openai', kind: 'hang-before' });
    await submit(world, { person: { scenario: 'instructions', say: 'The gate code is 4711, then take the lift.' } });
    await vi.waitUntil(() => simulator.log.entries({ kind: 'fault' }).some(({ target }) => target === 'openai'), WAIT);
    long.jobId = String((await world.queue('transcription').getActive())[0]?.id);
    simulator.addFault({ target: 'twilio', kind: 'slow', delayMs: 1000, times: 0, match: { method: 'POST', path: '/Calls.json$' } });
    await Promise.all(Array.from({ length: 60 }, () => submit(world, { person: 'confirm' })));
    await vi.waitUntil(async () => (await world.queue('call').getActiveCount()) > 0, WAIT);

    atTheSignal = Date.now();
    worker.kill('SIGTERM');
    code = await worker.exited;
    endedAfterMs = Date.now() - atTheSignal;
  }, 120_000);

  it('no new job is begun a second after', async () => {
    const begun = (await jobsOf(world)).filter(({ processedOn }) => Number(processedOn ?? 0) > atTheSignal + 1000);
    expect(begun.map(({ id }) => id)).toEqual([]);
    expect(await world.queue('call').getJobCountByTypes('prioritized', 'waiting', 'delayed')).toBeGreaterThan(0);
  });

  it('what is short has ended; what is long is back in the queue, not stalled, and no attempt is used', async () => {
    figure(6, 'SIGTERM with a job that never ends: the process ended after', (endedAfterMs / 1000).toFixed(1), 's (grace 6 s)');
    expect(endedAfterMs).toBeLessThan(12_000);
    // Something had to be cut.
    expect(code).toBe(1);
    for (const name of queueNames) expect(await world.queue(name).getActiveCount(), name).toBe(0);
    const job = await world.queue('transcription').getJob(long.jobId);
    expect(['waiting', 'prioritized']).toContain(await job?.getState());
    expect(job).toMatchObject({ attemptsMade: 0, stalledCounter: 0 });
    expect(await costs(world)).toEqual([]);
  });

  it('the next worker does the rest', async () => {
    world.simulator.faults.clear();
    await world.startAgain({ processes: ['worker'] });
    const { undone } = await untilAllHasEnded(world, 90_000);
    expect(undone).toEqual([]);
    expect(world.simulator.log.entries({ kind: 'call' })).toHaveLength(61);
    expect(await costs(world)).toEqual([]);
  }, 100_000);
});

describe('rolling deploys and migrations under load', () => {
  let world: World;
  let upstream: Upstream;
  const ready: number[] = [];
  let watching = true;
  let watch: Promise<void>;

  beforeAll(async () => {
    world = await startWorld({ scale: 60 });
    upstream = startUpstream(world, 150, mixed);
    watch = (async () => {
      while (watching) {
        ready.push((await world.request('GET', '/readyz')).status);
        await delay(100);
      }
    })();
    await vi.waitUntil(() => upstream.accepted.length > 20, WAIT);
  }, 120_000);

  it('row 6: three times a new worker and a new clock start beside the old ones, which end with 0', async () => {
    let old: StackProcess[] = [newest(world.stack, 'worker'), newest(world.stack, 'clock')];
    const times: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const { processes } = await world.startAgain({ processes: ['worker', 'clock'] });
      const began = performance.now();
      for (const each of old) each.kill('SIGTERM');
      expect(await Promise.all(old.map(({ exited }) => exited))).toEqual([0, 0]);
      times.push(performance.now() - began);
      old = processes.filter(({ name }) => name !== 'release');
    }
    figure(6, 'rolling deploy: slowest end of an old worker', (Math.max(...times) / 1000).toFixed(1), 's');
  }, 150_000);

  it('migrations run beside everything, two at once: one of them does it, readiness stays', async () => {
    const env = { MONGODB_URI: String(world.env['MONGODB_URI']) };
    const migrate = () => runScript('scripts/migrate.ts', ['up'], env);
    expect(await migrate()).toMatchObject({ code: 0, stdout: expect.stringContaining('Nothing to do') });
    expect(new Set(ready)).toEqual(new Set([200]));

    // As if this version's migration were new: it is applied to collections that are in use.
    watching = false;
    await watch;
    await world.db.collection('migrations').deleteMany({});
    expect((await world.request('GET', '/readyz')).body.checks.migrations).toMatchObject({ status: 'failed' });
    const both = await Promise.all([migrate(), migrate()]);
    expect(both.map(({ code }) => code)).toEqual([0, 0]);
    expect(both.filter(({ stdout }) => APPLIED.test(stdout))).toHaveLength(1);
    expect((await world.request('GET', '/readyz')).status).toBe(200);
  }, 60_000);

  it('nothing is lost, nobody is called twice, and no attempt is used', async () => {
    await upstream.stop();
    const { undone } = await untilAllHasEnded(world, 120_000);
    expect(undone).toEqual([]);
    const wrong = await wrongEndings(world, upstream.accepted);
    figure(6, 'rolling deploys: deliveries through', upstream.accepted.length);
    figure(6, 'rolling deploys: lost or doubled', wrong.length);
    expect(wrong).toEqual([]);
    expect(new Set(upstream.heard.map(({ status }) => status))).toEqual(new Set([202]));
    expect(await costs(world)).toEqual([]);
  }, 150_000);
});
