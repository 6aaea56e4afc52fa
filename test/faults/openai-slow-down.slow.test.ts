import { expect, it } from 'vitest';
import { unfinished } from '#test/stories/account.ts';
import { submitMany } from '#test/stories/submit.ts';
import { figure } from '#test/support/figures.ts';
import { startWorld } from '#test/support/stack.ts';

const RECORDINGS = 10;
const HELD_MS = 5000;
/** What another process has taken by then, and is sending, cannot be called back. */
const UNDER_WAY_MS = 250;
const LONG = { timeout: 90_000, interval: 200 };

it('row 22: OpenAI answers one of ten recordings with 429 and 5 s: two worker processes send it none for as long, though another 429 says 1 s', async () => {
  const world = await startWorld({ env: { WORKER_CONCURRENCY: '1' } });
  await world.startAgain({ processes: ['worker'] });
  const { simulator, db } = world;
  const queue = world.queue('transcription');
  await queue.pause();
  const say = 'Please leave it with Ann at number seven, and ring twice.';
  await submitMany(world, RECORDINGS, { person: { scenario: 'instructions', say } });
  const waiting = async () => Object.values(await queue.getJobCounts('waiting', 'prioritized')).reduce((sum, n) => sum + n, 0);
  await expect.poll(waiting, LONG).toBe(RECORDINGS);

  simulator.addFault({ target: 'openai', kind: '429', retryAfter: HELD_MS / 1000 });
  simulator.addFault({ target: 'openai', kind: '429', retryAfter: 1 });
  await queue.resume();
  const sent = () =>
    [...simulator.log.entries({ kind: 'fault' }), ...simulator.log.entries({ kind: 'transcription' })]
      .map(({ realAt }) => Date.parse(realAt))
      .sort((a, b) => a - b);
  await expect.poll(() => unfinished(world), LONG).toEqual([]);
  await expect.poll(() => db.collection('recordings').countDocuments({ processing_status: 'completed' }), LONG).toBe(RECORDINGS);

  const [first = 0, ...others] = sent();
  const meanwhile = others.map((at) => at - first).filter((ms) => ms < HELD_MS);
  figure(
    22,
    'recordings sent to OpenAI in the 5 s that it asked for, beside what was under way',
    meanwhile.filter((ms) => ms > UNDER_WAY_MS).length,
  );
  figure(22, 'the next one was sent after', Math.min(...others.map((at) => at - first).filter((ms) => ms > UNDER_WAY_MS)), 'ms');
  expect(meanwhile.filter((ms) => ms > UNDER_WAY_MS)).toEqual([]);
  expect(meanwhile.length).toBeLessThanOrEqual(1);
  expect((await queue.getCompleted()).map(({ attemptsMade }) => attemptsMade)).toEqual(Array(RECORDINGS).fill(1));
  expect(await queue.getFailedCount()).toBe(0);
}, 180_000);
