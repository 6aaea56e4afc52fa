import { expect, it } from 'vitest';
import { createLifecycle } from '#src/platform/lifecycle.ts';
import { jsonLog } from '#test/support/json-log.ts';

it('closes in reverse order, one after the other, each once', async () => {
  const life = createLifecycle(jsonLog().log, { graceMs: 60_000 });
  const closed: string[] = [];
  life.own('database', async () => {
    await Promise.resolve();
    closed.push('database');
  });
  life.own('queues', async () => {
    await Promise.resolve();
    closed.push('queues');
  });
  life.own('server', () => closed.push('server'));
  expect(await Promise.all([life.stop(), life.stop()])).toEqual([true, true]);
  expect(await life.stop()).toBe(true);
  expect(closed).toEqual(['server', 'queues', 'database']);
  expect(life.signal.aborted).toBe(false);
});

it('what cannot be closed keeps nothing else open, and is not hidden', async () => {
  const { log, lines } = jsonLog();
  const life = createLifecycle(log, { graceMs: 60_000 });
  const closed: string[] = [];
  life.own('database', () => closed.push('database'));
  life.own('queues', () => Promise.reject(new Error('stuck')));
  expect(await life.stop()).toBe(false);
  expect(closed).toEqual(['database']);
  expect(lines).toMatchObject([{ part: 'queues', msg: 'closing failed' }]);
});

it('aborts what still runs when the grace period is over, and says that the stop was not clean', async () => {
  const life = createLifecycle(jsonLog().log, { graceMs: 20 });
  life.own('workers', () => new Promise((resolve) => life.signal.addEventListener('abort', resolve)));
  expect(await life.stop()).toBe(false);
  expect(life.signal.aborted).toBe(true);
});
