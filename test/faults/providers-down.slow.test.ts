import type { Queue } from 'bullmq';
import { beforeAll, describe, expect, it } from 'vitest';
import type { FaultInput } from '#scripts/simulator/faults.ts';
import { freePort } from '#scripts/services/server.ts';
import { accountOf, faultsInTheBooks, unfinished } from '#test/stories/account.ts';
import { submitMany, type Submitted } from '#test/stories/submit.ts';
import { figure } from '#test/support/figures.ts';
import { atTheEnd, startWorld, type World } from '#test/support/stack.ts';
import { startTcpProxy, type TcpProxy } from '#test/support/tcp-proxy.ts';
import { scrape, total } from './worker-metrics.ts';

// A provider is down for a while, under real processes: it answers 500, cuts connections (the simulator's faults), or its socket is closed
// (a TCP proxy before it). The circuits must keep its jobs from failing and its address from being asked again and again.

const DELIVERIES = 30;
const SENTENCE = 'Leave it with Ann at number seven, she is at home all day long.';
const LONG = { timeout: 90_000, interval: 250 };

let world: World;
let metricsPort: number;
const cables = { openai: undefined as unknown as TcpProxy, s3: undefined as unknown as TcpProxy };
beforeAll(async () => {
  const targets = { openai: { port: 0 }, s3: { port: 0 } };
  cables.openai = await startTcpProxy(targets.openai);
  cables.s3 = await startTcpProxy(targets.s3);
  for (const cable of Object.values(cables)) atTheEnd(() => cable.close());
  metricsPort = await freePort();
  world = await startWorld({
    env: {
      OPENAI_BASE_URL: `http://127.0.0.1:${cables.openai.port}/v1`,
      S3_ENDPOINT: `http://127.0.0.1:${cables.s3.port}`,
    },
    processes: ['web', 'clock'],
  });
  targets.openai.port = Number(new URL(world.simulator.urls.openai).port);
  targets.s3.port = Number(new URL(world.simulator.urls.s3).port);
  await world.startAgain({ processes: ['worker'], env: { METRICS_PORT: String(metricsPort) } });
}, 120_000);

const faultsStruck = (target: string) =>
  world.simulator.log.entries({ kind: 'fault' }).filter((entry) => entry['target'] === target).length;
const failedJobs = async (...names: Parameters<World['queue']>[0][]) => {
  const counts = await Promise.all(names.map((name) => world.queue(name).getFailedCount()));
  return counts.reduce((sum, count) => sum + count, 0);
};
const mostAttempts = async (queue: Queue) => Math.max(0, ...(await queue.getCompleted()).map(({ attemptsMade }) => attemptsMade));
const openCircuits = async (provider: string) => total(await scrape(metricsPort), 'provider_circuit_open', `provider="${provider}"`);

/** Everybody leaves the same message; the driver must get it from each, once. */
const messages = () => submitMany(world, DELIVERIES, { person: { scenario: 'instructions', say: SENTENCE } });

async function expectAllDelivered(orders: readonly Submitted[]): Promise<void> {
  await expect.poll(() => unfinished(world), LONG).toEqual([]);
  for (const order of orders) {
    const account = await accountOf(world, order);
    expect(account.recordings).toMatchObject([{ processing_status: 'completed', transcription: { text: SENTENCE } }]);
    expect(account.row['contact']).toMatchObject({ state: 'instructed', instructions: SENTENCE });
    expect(account.pushes).toHaveLength(1);
  }
  expect(await faultsInTheBooks(world)).toEqual([]);
}

describe('row 22: OpenAI', () => {
  it.each(['500', 'reset-before'] as const)(
    'answers with %s for a while: no job fails, it is asked only now and then, and everything is analysed afterwards',
    async (kind) => {
      const { simulator } = world;
      const before = { faults: faultsStruck('openai'), heard: simulator.log.entries({ kind: 'transcription' }).length };
      const down = { target: 'openai', kind, times: 0 } as const satisfies FaultInput;
      simulator.addFault(down);
      const began = performance.now();
      const orders = await messages();
      const stored = () => world.db.collection('recordings').countDocuments({ processing_status: { $in: ['pending', 'processing'] } });
      await expect.poll(stored, LONG).toBe(DELIVERIES);
      await expect.poll(() => openCircuits('transcriber'), LONG).toBe(1);
      // Two lone trials, after 5 s and 10 s more, have found it still down.
      const atOpening = faultsStruck('openai');
      await expect.poll(() => faultsStruck('openai') - atOpening, LONG).toBeGreaterThanOrEqual(2);
      const requests = faultsStruck('openai') - before.faults;
      const seconds = Math.round((performance.now() - began) / 1000);
      simulator.faults.clear();
      const back = performance.now();

      await expectAllDelivered(orders);
      figure(22, `requests to OpenAI while it answers ${kind} for ${seconds} s, ${DELIVERIES} recordings waiting`, requests);
      figure(22, `all analysed after OpenAI (${kind}) is back`, Math.round((performance.now() - back) / 1000), 's');
      figure(22, `jobs failed for good (${kind})`, await failedJobs('transcription', 'ai-analysis'));
      // Without a circuit each recording asks for itself.
      expect(requests).toBeLessThan(DELIVERIES);
      expect(await failedJobs('transcription', 'ai-analysis')).toBe(0);
      expect(simulator.log.entries({ kind: 'transcription' })).toHaveLength(before.heard + DELIVERIES);
      expect(await mostAttempts(world.queue('transcription'))).toBeLessThanOrEqual(3);
      await expect.poll(() => openCircuits('transcriber')).toBe(0);
    },
    170_000,
  );
});

const atTwilio = () => world.db.collection('callattempts').countDocuments({ 'recording.state': 'pending' });
const unheard = () => world.db.collection('recordings').countDocuments({ 'transcription.text': { $exists: false } });

it.each([
  ['row 21', 's3', 'recordings', atTwilio, 21],
  ['row 22', 'openai', 'transcriber', unheard, 22],
] as const)(
  '%s: the socket of %s is closed for a while: no job fails, nothing is lost or stored twice',
  async (_, name, provider, waiting, row) => {
    await cables[name].refuse();
    const orders = await messages();
    await expect.poll(() => openCircuits(provider), LONG).toBe(1);
    await expect.poll(waiting, LONG).toBe(DELIVERIES);
    await cables[name].pass();
    const back = performance.now();
    await expectAllDelivered(orders);
    figure(
      row,
      `all ${DELIVERIES} messages delivered after the socket of ${name} is open again`,
      Math.round((performance.now() - back) / 1000),
      's',
    );
    figure(
      row,
      `jobs failed for good while the socket of ${name} was closed`,
      await failedJobs('recording', 'transcription', 'ai-analysis'),
    );
    expect(await failedJobs('recording', 'transcription', 'ai-analysis')).toBe(0);
  },
  170_000,
);

it('row 24: the push service answers 500 for a while: every driver is told afterwards, once', async () => {
  const { simulator } = world;
  const before = faultsStruck('push');
  simulator.addFault({ target: 'push', kind: '500', times: 0 });
  const orders = await messages();
  await expect.poll(() => openCircuits('push'), LONG).toBe(1);
  const waiting = () => world.db.collection('notifications').countDocuments({ state: { $in: ['pending', 'sending'] } });
  await expect.poll(waiting, LONG).toBe(DELIVERIES);
  const requests = faultsStruck('push') - before;
  simulator.faults.clear();
  await expectAllDelivered(orders);
  figure(24, `requests to a push service that is down, ${DELIVERIES} messages waiting`, requests);
  expect(requests).toBeLessThan(DELIVERIES);
  expect(await failedJobs('notification')).toBe(0);
}, 170_000);
