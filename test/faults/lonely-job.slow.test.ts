import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { accountOf, faultsInTheBooks, unfinished } from '#test/stories/account.ts';
import { submit } from '#test/stories/submit.ts';
import { figure } from '#test/support/figures.ts';
import { atTheEnd, startWorld } from '#test/support/stack.ts';
import { startTcpProxy, type TcpProxy } from '#test/support/tcp-proxy.ts';

// One delivery, whose jobs meet several worker processes in turn while the sockets of Twilio, S3 and OpenAI are closed one after the other: each
// process finds out for itself that a provider is down, by failures of the only job that there is.

const WORKERS = 4;
/** Until each process's circuit is surely open. */
const OUTAGE_MS = 60_000;
const SENTENCE = 'Leave it with Ann at number seven, she is at home all day long.';
const LONG = { timeout: 90_000, interval: 250 };
const servers = { twilio: 'TWILIO_API_URL', s3: 'S3_ENDPOINT', openai: 'OPENAI_BASE_URL' } as const;

it('rows 19, 21, 22: an outage costs a lonely job no attempt, however many processes it meets', async () => {
  const world = await startWorld({ scale: 10, processes: [] });
  const cables = {} as Record<keyof typeof servers, TcpProxy>;
  const env: Record<string, string> = {};
  for (const [name, setting] of Object.entries(servers) as [keyof typeof servers, string][]) {
    const uri = String(world.env[setting]);
    cables[name] = await startTcpProxy({ port: Number(new URL(uri).port) });
    atTheEnd(cables[name].close);
    env[setting] = cables[name].addressOf(uri);
    await cables[name].refuse();
  }
  await world.startAgain({ processes: ['web', 'clock'] });
  for (let count = 0; count < WORKERS; count += 1) await world.startAgain({ processes: ['worker'], env });

  const order = await submit(world, { person: { scenario: 'instructions', say: SENTENCE } });
  const recording = () => world.db.collection('callattempts').countDocuments({ 'recording.state': 'pending' });
  const stored = () => world.db.collection('recordings').countDocuments({});
  await delay(OUTAGE_MS);
  await cables.twilio.pass();
  await expect.poll(recording, LONG).toBe(1);
  await delay(OUTAGE_MS);
  await cables.s3.pass();
  await expect.poll(stored, LONG).toBe(1);
  await delay(OUTAGE_MS);
  await cables.openai.pass();
  await expect.poll(() => unfinished(world), LONG).toEqual([]);

  const { calls, pushes, row } = await accountOf(world, order);
  expect(row['contact']).toMatchObject({ state: 'instructed', instructions: SENTENCE });
  expect(calls).toHaveLength(1);
  expect(pushes).toHaveLength(1);
  for (const name of ['call', 'recording', 'transcription', 'ai-analysis'] as const) {
    const jobs = await world.queue(name).getJobs(['completed', 'failed', 'delayed', 'waiting', 'active', 'prioritized']);
    expect(
      jobs.map(({ attemptsMade, attemptsStarted }) => ({ attemptsMade, startedAgain: attemptsStarted > 1 })),
      name,
    ).toEqual([{ attemptsMade: 1, startedAgain: name !== 'ai-analysis' }]);
    figure(
      name === 'call' ? 19 : name === 'recording' ? 21 : 22,
      `a lonely ${name} job, ${WORKERS} workers: runs, and attempts used`,
      `${jobs[0]?.attemptsStarted ?? 0} and 1`,
    );
  }
  expect(await faultsInTheBooks(world)).toEqual([]);
}, 400_000);
