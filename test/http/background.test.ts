import { expect, it } from 'vitest';
import { createBackground, enqueueAfterwards } from '#src/http/background.ts';
import { jsonLog } from '#test/support/json-log.ts';

function setup() {
  const { log, lines } = jsonLog();
  const said = (message: string) => lines.filter(({ msg }) => msg === message).length;
  return { log, said, background: createBackground(log) };
}

it('a stop can wait for what goes on after the answers', async () => {
  const { background } = setup();
  const { promise: gate, resolve: open } = Promise.withResolvers<void>();
  let ended = false;
  background.run(gate.then(() => void (ended = true)));
  const idle = background.idle();
  expect(ended).toBe(false);
  open();
  await idle;
  expect(ended).toBe(true);
});

it('a failure is logged and harms nobody', async () => {
  const { background, said } = setup();
  background.run(Promise.reject(new Error('broken')));
  await background.idle();
  expect(said('failed after the answer')).toBe(1);
});

it('an answer waits for no queue', async () => {
  const { background, log, said } = setup();
  const { promise: gate, reject: fail } = Promise.withResolvers<void>();
  const added: unknown[] = [];
  const producer = enqueueAfterwards({ enqueueMany: async (...jobs) => (added.push(jobs), gate) }, background, log);
  await producer.enqueue('retry', { attemptId: 'a', traceId: 't' }, { priority: 'high' });
  await producer.enqueue('retry', { attemptId: 'b', traceId: 't' });
  // Those who meet go together.
  const both = [{ payload: { attemptId: 'a', traceId: 't' }, priority: 'high' }, { payload: { attemptId: 'b', traceId: 't' } }];
  await expect.poll(() => added).toEqual([['retry', both]]);
  fail(new Error('away'));
  await background.idle();
  expect(said('not enqueued; reconcile will')).toBe(1);
});

it('says once that nothing can be enqueued, and once again when that happens anew', async () => {
  const { background, log, said } = setup();
  const queue = { away: true };
  const enqueueMany = async () => {
    if (queue.away) throw new Error('away');
  };
  const producer = enqueueAfterwards({ enqueueMany }, background, log);
  const add = async () => {
    await producer.enqueue('retry', { attemptId: 'a', traceId: 't' });
    await background.idle();
  };
  await add();
  await add();
  expect(said('not enqueued; reconcile will')).toBe(1);
  queue.away = false;
  await add();
  queue.away = true;
  await add();
  expect(said('not enqueued; reconcile will')).toBe(2);
});
