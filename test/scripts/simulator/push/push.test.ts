import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { Agent } from 'node:https';
import { promisify } from 'node:util';

import { describe, expect, it } from 'vitest';
import webpush from 'web-push';

import type { PushSubscription } from '#scripts/simulator/push/subscriptions.ts';
import type { Simulator } from '#scripts/simulator/simulator.ts';

import { setupSimulator } from '../setup.ts';

const vapidDetails = { subject: 'mailto:ops@example.com', ...webpush.generateVAPIDKeys() };

const send = (simulator: Simulator, subscription: PushSubscription, payload: string) =>
  webpush.sendNotification(subscription, payload, {
    vapidDetails,
    TTL: 3600,
    urgency: 'high',
    topic: 'delivery-1',
    agent: new Agent({ ca: readFileSync(simulator.caFile) }),
  });

describe('the push service', () => {
  it('takes a message and can read it', async () => {
    const simulator = await setupSimulator();
    const subscription = simulator.createSubscription({ label: 'driver 1' });
    const { statusCode, headers } = await send(simulator, subscription, JSON.stringify({ title: 'Confirmed', body: 'código 12' }));
    expect(statusCode).toBe(201);
    expect(headers).toMatchObject({ location: expect.stringContaining(simulator.urls.push) as string });
    expect(simulator.log.entries({ kind: 'push' })).toMatchObject([
      {
        subscription: subscription.id,
        label: 'driver 1',
        status: 201,
        ttl: '3600',
        urgency: 'high',
        topic: 'delivery-1',
        payload: { title: 'Confirmed', body: 'código 12' },
      },
    ]);
  });

  it('is trusted by any Node process that knows its CA', async () => {
    const simulator = await setupSimulator();
    const script = `fetch(${JSON.stringify(simulator.urls.push)}).then((answer) => process.stdout.write(String(answer.status)))`;
    const { stdout } = await promisify(execFile)(process.execPath, ['-e', script], { env: { NODE_EXTRA_CA_CERTS: simulator.caFile } });
    expect(stdout).toBe('404');
  });

  it.each([410, 404, 413, 429, 500] as const)('answers as it was told: %i', async (answer) => {
    const simulator = await setupSimulator();
    const subscription = simulator.createSubscription({ answer });
    await expect(send(simulator, subscription, 'hello')).rejects.toMatchObject({ statusCode: answer });
    expect(simulator.setSubscription(subscription.id, 201)).toBe(true);
    expect((await send(simulator, subscription, 'hello')).statusCode).toBe(201);
  });

  it('knows nothing of a stranger', async () => {
    const simulator = await setupSimulator();
    const subscription = simulator.createSubscription();
    await simulator.reset();
    await expect(send(simulator, subscription, 'hello')).rejects.toMatchObject({ statusCode: 410 });
  });

  it('wants to know who sends', async () => {
    const simulator = await setupSimulator();
    const subscription = simulator.createSubscription();
    const options = { TTL: 60, agent: new Agent({ ca: readFileSync(simulator.caFile) }) };
    await expect(webpush.sendNotification(subscription, 'hello', options)).rejects.toMatchObject({ statusCode: 401 });
    expect(simulator.log.entries({ kind: 'push' })).toMatchObject([{ status: 401, reason: 'missing VAPID authorization' }]);
  });
});
