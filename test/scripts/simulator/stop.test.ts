import { existsSync } from 'node:fs';

import { expect, it } from 'vitest';

import { startSimulator } from '#scripts/simulator/start.ts';

import { setup } from './setup.ts';

it('leaves nothing: no server, no timer, no file', async () => {
  const { simulator, app, dial } = await setup({ instant: false, scale: 1 });
  await dial('+12025550108');
  await expect.poll(() => simulator.calls()[0]?.status).toBe('ringing');
  simulator.addFault({ target: 'callback', kind: 'delay', delayMs: 600_000 });
  await dial('+12025550108');
  await expect.poll(() => simulator.log.entries({ kind: 'fault' })).toHaveLength(1);
  await simulator.stop();
  expect(existsSync(simulator.caFile)).toBe(false);
  for (const url of Object.values(simulator.urls)) await expect(fetch(url)).rejects.toThrow();
  await app.stop();
});

it('stops what it had started when a port is taken', async () => {
  const { simulator } = await setup();
  const control = Number(new URL(simulator.urls.control).port);
  await expect(startSimulator({ ports: { control } })).rejects.toMatchObject({ code: 'EADDRINUSE' });
});
