import { ObjectId } from 'mongodb';
import { describe, expect, it } from 'vitest';
import type { DeliveryDoc } from '#src/db/models/deliveries.ts';
import { acceptDelivery } from '#src/http/deliveries/accept.ts';
import { cancelDelivery, type CancelDeps } from '#src/http/deliveries/cancel.ts';
import { NewDelivery } from '#src/http/deliveries/request.ts';
import { HOUR, SECOND } from '#src/platform/time.ts';
import { callSid } from '#test/support/fakes/telephony.ts';
import { killAtEveryStep, stateOf } from '#test/support/killed.ts';
import { TRACE_ID } from '#test/support/makers.ts';
import { aJob, setup, type World } from '#test/support/world.ts';
import { runReconcile } from '#workers/reconcile.ts';

// Whatever step the web process is killed at: the request is sent again or, a cancellation, is not; reconcile passes by, and everything ends as
// if nothing had happened.

const apiKeyId = new ObjectId('a'.repeat(24));
const PHONE = '+12025550100';

/** Ids are drawn anew and times are those of the run that came to its end. */
const ALONE = ['_id', 'delivery_id', 'customer_id', 'key', 'due_at', 'next_at', 'timestamp', 'finished_at', 'lease_until'];

async function inTheEnd(world: World): Promise<unknown> {
  // What one pass plans, the next one enqueues.
  for (let pass = 0; pass < 2; pass += 1) {
    world.time.advance(11 * SECOND);
    await runReconcile({ tick: pass, traceId: TRACE_ID }, world.deps, aJob());
  }
  return {
    ...(await stateOf(world.db, ALONE)),
    jobs: world.producer.jobs.map(({ name }) => name).toSorted(),
    ended: [...new Set(world.telephony.cancelled)],
  };
}

async function expectSameEnd(prepare: Parameters<typeof killAtEveryStep>[0]): Promise<Record<string, unknown>> {
  const { undisturbed, killed } = await killAtEveryStep(prepare, inTheEnd);
  expect(killed.length).toBeGreaterThan(3);
  for (const { step, state } of killed) expect(state, `killed after step ${step}`).toEqual(undisturbed);
  return undisturbed as Record<string, unknown>;
}

const repeatable = [
  ['an external_id', { external_id: 'ORD-1' }, undefined],
  ['an Idempotency-Key', {}, 'the key'],
] as const;

const submission = (world: World, fields: object, idempotencyKey: string | undefined, agentId: ObjectId, contactMethod = 'call') => ({
  body: NewDelivery.parse({
    ...fields,
    agent_id: agentId.toHexString(),
    customer: { name: 'Ann Other', phone: PHONE, preferences: { timezone: 'America/New_York', contact_method: contactMethod } },
    address: '1 Main St',
    coordinates: { type: 'Point', coordinates: [-74, 40] },
    scheduled_time: new Date(world.time.now().getTime() + 8 * HOUR).toISOString(),
  }),
  apiKeyId,
  idempotencyKey,
  traceId: TRACE_ID,
});

it.each(repeatable)('a delivery that is accepted under %s', async (_, fields, idempotencyKey) => {
  const end = await expectSameEnd(async () => {
    const world = await setup();
    const request = submission(world, fields, idempotencyKey, (await world.aDriver())._id);
    // An Idempotency-Key whose request died is free again when its lease is over.
    return { world, work: (deps) => acceptDelivery(request, deps), revive: () => idempotencyKey && world.time.advance(31 * SECOND) };
  });
  expect(end).toMatchObject({
    deliveries: [{ contact: { state: 'pending' } }],
    trackingevents: [{ status: 'call_planned' }],
    jobs: ['call'],
  });
});

it.each(repeatable)('a delivery to a customer of ours whose wishes are new, accepted under %s', async (_, fields, idempotencyKey) => {
  const end = await expectSameEnd(async () => {
    const world = await setup();
    await world.aCustomer({ name: 'Somebody', phone: PHONE, preferences: { timezone: 'America/Denver' } });
    world.time.advance(SECOND);
    const request = submission(world, fields, idempotencyKey, (await world.aDriver())._id);
    return { world, work: (deps) => acceptDelivery(request, deps), revive: () => idempotencyKey && world.time.advance(31 * SECOND) };
  });
  expect(end).toMatchObject({ customers: [{ name: 'Ann Other', preferences: { timezone: 'America/New_York' } }] });
});

const uncallable: [string, string, string, (world: World) => Promise<unknown>][] = [
  ['wants no calls', 'sms', 'not_reached', async () => undefined],
  [
    'has opted out',
    'call',
    'opted_out',
    ({ db, time }) => db.collection('optouts').insertOne({ _id: PHONE as never, source: 'call', createdAt: time.now() }),
  ],
];

it.each(uncallable.flatMap(([who, ...rest]) => repeatable.map(([how, ...by]) => [who, how, by, rest] as const)))(
  'a delivery to somebody who %s, accepted under %s: the driver is told, once',
  async (_who, _how, [fields, idempotencyKey], [contactMethod, kind, arrange]) => {
    const end = await expectSameEnd(async () => {
      const world = await setup();
      await arrange(world);
      const request = submission(world, fields, idempotencyKey, (await world.aDriver())._id, contactMethod);
      return { world, work: (deps) => acceptDelivery(request, deps), revive: () => idempotencyKey && world.time.advance(31 * SECOND) };
    });
    expect(end).toMatchObject({
      notifications: [{ kind }],
      trackingevents: [{ status: 'call_not_permitted' }],
      callattempts: [],
      jobs: ['notification'],
    });
  },
);

const background: CancelDeps['background'] = { run: (work) => void work.catch(() => undefined) };

interface CancelledWhile {
  when: string;
  arrange: (world: World) => Promise<DeliveryDoc>;
  attempt: object;
  ended?: string[];
}

const cancelled: CancelledWhile[] = [
  {
    when: 'its attempt is planned',
    async arrange(world) {
      const delivery = await world.aDelivery();
      await world.aPlannedAttempt({}, delivery);
      return delivery;
    },
    attempt: { state: 'finished', outcome: 'delivery_cancelled' },
  },
  {
    when: 'its call goes on',
    async arrange(world) {
      const delivery = await world.aDelivery({ contact: { state: 'contacting', attempt: 1 } });
      await world.aCall({ call_sid: callSid(1), state: 'in_progress' }, delivery);
      return delivery;
    },
    attempt: { state: 'in_progress', cancel_requested: true },
    ended: [callSid(1)],
  },
  {
    when: 'its customer was given up',
    async arrange(world) {
      const delivery = await world.aDelivery({ contact: { state: 'unreachable', reason: 'retries_exhausted', attempt: 1 } });
      await world.aCall({ state: 'finished', outcome: 'busy', follow_up: 'done' }, delivery);
      return delivery;
    },
    attempt: { state: 'finished', outcome: 'busy' },
  },
];

const repeated = [
  { how: 'and asked for again', isRepeated: true },
  { how: 'and never asked for again', isRepeated: false },
];

describe.each(repeated)('a cancellation that is killed $how', ({ isRepeated }) => {
  it.each(cancelled)('while $when', async ({ arrange, attempt, ended = [] }) => {
    const end = await expectSameEnd(async () => {
      const world = await setup();
      const delivery = await arrange(world);
      return { world, isRepeated, work: (deps) => cancelDelivery(delivery, TRACE_ID, { ...deps, background }) };
    });
    expect(end).toMatchObject({
      deliveries: [{ status: 'cancelled', contact: { state: 'cancelled' } }],
      callattempts: [attempt],
      notifications: [{ kind: 'cancelled' }],
      trackingevents: [{ status: 'cancelled' }],
      jobs: ['notification'],
      ended,
    });
  });
});
