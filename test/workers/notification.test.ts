import { MongoNetworkError } from 'mongodb';
import { beforeEach, describe, expect, it } from 'vitest';
import type { NotificationDoc } from '#src/db/models/notifications.ts';
import { SECOND } from '#src/platform/time.ts';
import { PermanentlyRefused, ProviderDown, ProviderMisconfigured, RateLimited } from '#src/providers/errors.ts';
import { SUBSCRIPTION, TRACE_ID } from '#test/support/makers.ts';
import { aJob, setup, type World } from '#test/support/world.ts';
import { pushNotification } from '#workers/notification.ts';
import type { RunContext } from '#workers/processor.ts';

let world: World;
let row: NotificationDoc;
beforeEach(async () => {
  world = await setup();
  row = await world.aNotification();
});

const push = (context: Partial<RunContext> = {}) =>
  pushNotification({ notificationId: row._id.toHexString(), traceId: TRACE_ID }, world.deps, aJob(context));
const fenced = async () =>
  (await world.deps.metrics.fencedWrites.get()).values.find(({ labels }) => labels.write === 'notification')?.value;
const subscriptionNow = async () => (await world.db.collection('agents').findOne({ _id: row.agent_id }))?.['push_subscription'] as unknown;

it('is sent once, whether it runs again or twenty at a time', async () => {
  await Promise.all(Array.from({ length: 20 }, () => push()));
  expect(await push()).toMatchObject({ kind: 'skipped' });
  expect(world.push.sent).toEqual([
    {
      subscription: SUBSCRIPTION,
      message: { title: row.title, body: row.body, data: expect.objectContaining({ kind: 'confirmed' }) },
      topic: row.key,
    },
  ]);
  expect(await world.notificationNow(row)).toMatchObject({ state: 'sent', sent_at: world.time.now(), attempts: 1 });
});

it('a driver without a subscription is skipped, with the reason', async () => {
  row = await world.aNotification({ agent_id: (await world.aDriver({}))._id });
  expect(await push()).toMatchObject({ kind: 'skipped' });
  expect(await world.notificationNow(row)).toMatchObject({ state: 'skipped', reason: expect.stringContaining('no push subscription') });
});

it('a subscription that has ended is forgotten', async () => {
  world.push.script = [{ kind: 'gone' }];
  await push();
  expect(await subscriptionNow()).toBeUndefined();
  expect(await world.notificationNow(row)).toMatchObject({ state: 'skipped' });
});

it('row 24: unless the driver has subscribed anew meanwhile', async () => {
  const fresh = { ...SUBSCRIPTION, endpoint: 'https://push.example.com/other' };
  world.push.script = [
    async () => {
      await world.deps.drivers.subscribe(row.agent_id, fresh);
      return { kind: 'gone' };
    },
  ];
  await push();
  expect(await subscriptionNow()).toEqual(fresh);
});

it('a run that died while sending holds it for 30 s, then it is sent', async () => {
  expect(await world.deps.notifications.claim(row)).toEqual({ epoch: 1, claimedAt: world.time.now() });
  world.time.advance(29 * SECOND);
  expect(await push()).toMatchObject({ kind: 'snoozed' });
  world.time.advance(2 * SECOND);
  expect(await push()).toEqual({ kind: 'done' });
  expect(world.push.sent).toHaveLength(1);
});

it('a zombie’s late word changes nothing and is counted', async () => {
  world.push.script = [
    async () => {
      world.time.advance(31 * SECOND);
      await world.deps.notifications.claim(await world.notificationNow(row));
      return { kind: 'sent' };
    },
  ];
  await push();
  expect(await world.notificationNow(row)).toMatchObject({ state: 'sending', epoch: 2 });
  expect(await fenced()).toBe(1);
});

describe('row 4: a run that stood still between its claim and the push', () => {
  /** The run stands still, for so long, where it reads the subscription. */
  const asleepFor = async (ms: number, meanwhile: () => Promise<unknown> = async () => undefined) => {
    const { drivers } = world.deps;
    const subscription: typeof drivers.subscription = async (id) => {
      const found = await drivers.subscription(id);
      world.time.advance(ms);
      await meanwhile();
      return found;
    };
    const deps = { ...world.deps, drivers: { ...drivers, subscription } };
    return pushNotification({ notificationId: row._id.toHexString(), traceId: TRACE_ID }, deps, aJob());
  };

  it('sends nothing when another run has sent it meanwhile, and its word is refused and counted', async () => {
    expect(await asleepFor(45 * SECOND, () => push())).toMatchObject({ kind: 'snoozed' });
    expect(world.push.sent).toHaveLength(1);
    expect(await world.notificationNow(row)).toMatchObject({ state: 'sent', epoch: 2 });
    expect(await fenced()).toBe(1);
  });

  it('gives it back unsent where nobody has taken it yet: the push might still be under way when the claim ends', async () => {
    expect(await asleepFor(11 * SECOND)).toMatchObject({ kind: 'snoozed' });
    expect(world.push.sent).toEqual([]);
    expect(await world.notificationNow(row)).toMatchObject({ state: 'pending' });
    expect(await push()).toEqual({ kind: 'done' });
  });

  it('sends it when that took a moment only', async () => {
    expect(await asleepFor(9 * SECOND)).toEqual({ kind: 'done' });
    expect(world.push.sent).toHaveLength(1);
  });

  it('nor does it send again, shorter, what was too large', async () => {
    world.push.script = [
      async () => {
        world.time.advance(11 * SECOND);
        return { kind: 'too-large' };
      },
      { kind: 'sent' },
    ];
    expect(await push()).toMatchObject({ kind: 'snoozed' });
    expect(world.push.sent).toEqual([]);
  });
});

it('row 12: a push that was sent is not sent again because the primary changed when that was written down', async () => {
  const { notifications } = world.deps;
  const failures = [new MongoNetworkError('cut'), new MongoNetworkError('cut')];
  world.deps.notifications = {
    ...notifications,
    sent: async (id, epoch) => {
      const held = await notifications.sent(id, epoch);
      const failure = failures.shift();
      if (failure) throw failure;
      return held;
    },
  };
  expect(await push()).toEqual({ kind: 'done' });
  expect(failures).toEqual([]);
  expect(world.push.sent).toHaveLength(1);
  expect(await world.notificationNow(row)).toMatchObject({ state: 'sent', attempts: 1 });
  expect(await fenced()).toBe(0);
});

it('and nobody takes it up meanwhile: longer than the run may last, it stays taken', async () => {
  world.deps.notifications = { ...world.deps.notifications, sent: () => Promise.reject(new MongoNetworkError('cut')) };
  await expect(push({ signal: AbortSignal.abort(new Error('too long')) })).rejects.toThrow('cut');
  expect(await world.notificationNow(row)).toMatchObject({ state: 'sending' });
});

it('row 24: asked to slow down it waits by itself, and holds nobody else’s news', async () => {
  world.push.script = [new RateLimited('push', 12_000), { kind: 'sent' }];
  const until = new Date(world.time.now().getTime() + 12 * SECOND);
  expect(await push({ lastAttempt: true })).toMatchObject({ kind: 'snoozed', until });
  expect(await world.notificationNow(row)).toMatchObject({ state: 'pending' });
  expect(await push()).toEqual({ kind: 'done' });
});

it('row 24: what is too large for a push service is sent again, shorter, once', async () => {
  row = await world.aNotification({ body: `Leave it ${'😀'.repeat(140)}` });
  world.push.script = [{ kind: 'too-large' }, { kind: 'sent' }];
  expect(await push()).toEqual({ kind: 'done' });
  const [{ message }] = world.push.sent as [(typeof world.push.sent)[0]];
  expect(message).toMatchObject({ title: row.title, data: { kind: 'confirmed' } });
  expect(message.body).toMatch(/^Leave it (😀)+…$/u);
  expect(message.body.length).toBeLessThanOrEqual(60);
  expect(await world.notificationNow(row)).toMatchObject({ state: 'sent', body: row.body });
});

it('row 24: too large even then, it is given up with the reason', async () => {
  world.push.script = [{ kind: 'too-large' }];
  expect(await push()).toMatchObject({ kind: 'skipped' });
  expect(await world.notificationNow(row)).toMatchObject({ state: 'skipped', reason: expect.stringContaining('too-large') });
});

it('row 24: refused for good, it is not tried again', async () => {
  world.push.script = [new PermanentlyRefused('push', 400)];
  expect(await push()).toMatchObject({ kind: 'rejected' });
  expect(await world.notificationNow(row)).toMatchObject({ state: 'failed', reason: expect.stringContaining('400') });
});

it.each([new ProviderDown('push')])('is given back for the next run: %s', async (error) => {
  world.push.script = [error, { kind: 'sent' }];
  await expect(push()).rejects.toBe(error);
  expect(await world.notificationNow(row)).toMatchObject({ state: 'pending' });
  expect(await push()).toEqual({ kind: 'done' });
});

it('when retries have run out it is failed; asked to slow down it is not', async () => {
  world.push.script = [new RateLimited('push', 1000), new ProviderDown('push')];
  expect(await push({ lastAttempt: true })).toMatchObject({ kind: 'snoozed' });
  expect(await world.notificationNow(row)).toMatchObject({ state: 'pending' });
  await expect(push({ lastAttempt: true })).rejects.toThrow();
  expect(await world.notificationNow(row)).toMatchObject({ state: 'failed', reason: expect.any(String) });
});

it('row 24: keys that the push service refuses are for an operator, who is told, and do not hold the queue', async () => {
  world.push.script = [new ProviderMisconfigured('push', 403)];
  expect(await push()).toMatchObject({ kind: 'rejected' });
  expect((await world.deps.metrics.alerts.get()).values).toContainEqual({ labels: { alert: 'push_keys_refused' }, value: 1 });
  expect(await world.notificationNow(row)).toMatchObject({ state: 'failed' });
});

it.each([new ProviderDown('push'), new ProviderMisconfigured('push')])(
  'failed by "%s", it is sent once an operator replays it',
  async (error) => {
    world.push.script = [error, { kind: 'sent' }];
    await push({ lastAttempt: true }).catch(() => undefined);
    expect(await world.notificationNow(row)).toMatchObject({ state: 'failed' });
    const replays = await Promise.all([push({ lastAttempt: true }), push({ lastAttempt: true })]);
    expect(replays.map(({ kind }) => kind).toSorted()).toEqual(['done', 'snoozed']);
    expect(world.push.sent).toHaveLength(1);
    const now = await world.notificationNow(row);
    expect(now).toMatchObject({ state: 'sent' });
    expect(now).not.toHaveProperty('reason');
  },
);
