import { expect, it } from 'vitest';
import { createBackground, enqueueAfterwards } from '#src/http/background.ts';
import { jsonLog } from '#test/support/json-log.ts';

function setup() {
  const { log, lines } = jsonLog();
  return { background: createBackground(log), warnings: () => lines.filter(({ msg }) => msg === 'not enqueued; reconcile will').length };
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
  await background.idle();
});

it('a failure is one line for as long as it lasts, and harms nobody', async () => {
  const { background, warnings } = setup();
  for (let n = 0; n < 3; n += 1) background.run(Promise.reject(new Error('away')));
  await background.idle();
  expect(warnings()).toBe(1);
  background.run(Promise.resolve());
  await background.idle();
  background.run(Promise.reject(new Error('away again')));
  await background.idle();
  expect(warnings()).toBe(2);
});

it('an answer waits for no queue', async () => {
  const { background, warnings } = setup();
  const { promise: gate, reject: fail } = Promise.withResolvers<void>();
  const added: unknown[] = [];
  const producer = enqueueAfterwards({ enqueue: async (...job) => (added.push(job), gate) }, background);
  await producer.enqueue('retry', { attemptId: 'a', traceId: 't' }, { priority: 'high' });
  expect(added).toEqual([['retry', { attemptId: 'a', traceId: 't' }, { priority: 'high' }]]);
  fail(new Error('away'));
  await background.idle();
  expect(warnings()).toBe(1);
});
