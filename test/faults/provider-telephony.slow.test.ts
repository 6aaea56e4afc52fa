import { expect, it } from 'vitest';
import { freePort } from '#scripts/services/server.ts';
import { faultsInTheBooks, unfinished } from '#test/stories/account.ts';
import { submitMany } from '#test/stories/submit.ts';
import { figure } from '#test/support/figures.ts';
import { startWorld } from '#test/support/stack.ts';
import { scrape, total } from './worker-metrics.ts';

const DELIVERIES = 30;
const LONG = { timeout: 150_000, interval: 500 };

it('row 19: Twilio answers every dial with 500 for a while: a few attempts become unknown, the others wait, nobody is called twice', async () => {
  // An hour is a minute: those that became unknown are looked up twice, a real minute apart.
  const world = await startWorld({ scale: 60, processes: ['web', 'clock'] });
  const metricsPort = await freePort();
  await world.startAgain({ processes: ['worker'], env: { METRICS_PORT: String(metricsPort) } });
  const { simulator, db } = world;
  const attempts = db.collection('callattempts');
  const dials = () => simulator.log.entries({ kind: 'fault' }).length;

  simulator.addFault({ target: 'twilio', kind: '500', times: 0, match: { method: 'POST', path: '/Calls[.]json$' } });
  await submitMany(world, DELIVERIES, { person: 'confirm' });
  await expect.poll(async () => total(await scrape(metricsPort), 'provider_circuit_open', 'provider="telephony"'), LONG).toBe(1);
  const atOpening = dials();
  // Two lone trials have found it still down.
  await expect.poll(() => dials() - atOpening, LONG).toBeGreaterThanOrEqual(2);
  const requests = dials();
  simulator.faults.clear();
  const back = performance.now();
  figure(19, `dials sent while Twilio answers 500, ${DELIVERIES} deliveries waiting`, requests);
  expect(requests).toBeLessThan(DELIVERIES);
  await expect.poll(() => attempts.countDocuments({ call_sid: { $exists: true } }), LONG).toBeGreaterThanOrEqual(DELIVERIES - requests);
  figure(19, 'the deliveries that were not dialed are called after Twilio is back', Math.round((performance.now() - back) / 1000), 's');

  await expect.poll(() => unfinished(world), LONG).toEqual([]);
  figure(19, 'all deliveries, the unknown ones too, have been called after', Math.round((performance.now() - back) / 1000), 's');
  expect(await db.collection('deliveries').countDocuments({ 'contact.state': 'confirmed' })).toBe(DELIVERIES);
  expect(simulator.calls()).toHaveLength(DELIVERIES);
  expect(await attempts.countDocuments({ state: 'not_placed' })).toBe(requests);
  expect(await world.queue('call').getFailedCount()).toBe(0);
  expect(await faultsInTheBooks(world)).toEqual([]);
  const called = simulator.calls().map(({ to }) => to);
  figure(19, 'calls doubled while Twilio answers 500', called.length - new Set(called).size);
}, 240_000);
