import { ObjectId } from 'mongodb';
import { beforeAll, describe, expect, it } from 'vitest';
import { createBackground } from '#src/http/background.ts';
import { cancelDelivery } from '#src/http/deliveries/cancel.ts';
import { jsonLog } from '#test/support/json-log.ts';
import { webWorld, type WebWorld } from '#test/support/web-world.ts';
import { setup } from '#test/support/world.ts';

let world: WebWorld;
beforeAll(async () => {
  world = await webWorld();
});

async function submitted(fields: Record<string, unknown> = {}) {
  const { id } = (await world.submit(world.order({ agent_id: world.driverId, ...fields }))).json<{ id: string }>();
  const delivery_id = new ObjectId(id);
  const attempt = async () => (await world.rows('callattempts', { delivery_id }))[0];
  const notifications = () => world.rows('notifications', { delivery_id });
  const move = (set: object) => world.db.collection('callattempts').updateOne({ delivery_id }, { $set: set });
  return { id, delivery_id, attempt, notifications, move };
}

const sid = (digit: string) => `CA${digit.repeat(32)}`;

describe('POST /v1/deliveries/:id/cancel', () => {
  it('closes what was planned; the delivery is cancelled and the driver told', async () => {
    const { id, delivery_id, attempt, notifications } = await submitted();
    const answer = await world.cancel(id);
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toMatchObject({ id, status: 'cancelled', contact: { state: 'cancelled' }, call_in_progress: false });
    expect(answer.json().contact).not.toHaveProperty('next_at');
    expect(await attempt()).toMatchObject({ state: 'finished', outcome: 'delivery_cancelled' });
    expect(await world.rows('deliveries', { _id: delivery_id })).toMatchObject([{ status: 'cancelled', contact: { state: 'cancelled' } }]);
    const history = await world.rows('trackingevents', { delivery_id });
    expect(history.map(({ status }) => String(status)).toSorted()).toEqual(['call_planned', 'cancelled']);
    const told = await notifications();
    expect(told).toMatchObject([{ kind: 'cancelled', state: 'pending', agent_id: new ObjectId(world.driverId) }]);
    expect((await world.jobs('notification')).map(({ data }) => data.notificationId)).toContain(String(told[0]?.['_id']));
  });

  it('twice is the same as once', async () => {
    const { id } = await submitted();
    const first = await world.cancel(id);
    const before = await world.everything();
    world.clock.ms += 1000;
    const second = await world.cancel(id);
    expect([second.statusCode, second.json()]).toEqual([200, first.json()]);
    expect(await world.everything()).toBe(before);
  });

  it('many times at once: one event, one word to the driver', async () => {
    const { id, delivery_id, notifications } = await submitted();
    const answers = await Promise.all(Array.from({ length: 10 }, () => world.cancel(id)));
    expect(answers.map(({ statusCode }) => statusCode)).toEqual(Array(10).fill(200));
    expect(await world.rows('trackingevents', { delivery_id, status: 'cancelled' })).toHaveLength(1);
    expect(await notifications()).toHaveLength(1);
  });

  it.each(['submitted', 'in_progress'])('while the call is %s: asks Twilio to end it, and says so', async (state) => {
    const { id, attempt, move } = await submitted();
    const call_sid = state === 'submitted' ? sid('1') : sid('2');
    await move({ state, call_sid });
    const answer = await world.cancel(id);
    expect(answer.json()).toMatchObject({ status: 'cancelled', call_in_progress: true });
    expect(await attempt()).toMatchObject({ state, cancel_requested: true });
    await world.background.idle();
    expect(world.cancelled).toContain(call_sid);
  });

  it.each(['submitting', 'unknown'])(
    'while the call is %s, of which no SID is known yet: leaves word for whoever learns it',
    async (state) => {
      const { id, attempt, move } = await submitted();
      await move({ state });
      const asked = world.cancelled.length;
      expect((await world.cancel(id)).json()).toMatchObject({ call_in_progress: true });
      expect(await attempt()).toMatchObject({ state, cancel_requested: true });
      await world.background.idle();
      expect(world.cancelled).toHaveLength(asked);
    },
  );

  it.each(['completed', 'failed'])('of one that is %s is refused: 409, and nothing is changed', async (status) => {
    const { id, delivery_id } = await submitted();
    await world.db.collection('deliveries').updateOne({ _id: delivery_id }, { $set: { status } });
    const before = await world.everything();
    const answer = await world.cancel(id);
    expect(answer.statusCode).toBe(409);
    expect(answer.json()).toMatchObject({ type: '/problems/delivery-over', detail: `Its status is ${status}.` });
    expect(await world.everything()).toBe(before);
  });

  it('finishes what a request that died half way has begun', async () => {
    const { id, delivery_id, attempt, notifications } = await submitted();
    await world.db
      .collection('deliveries')
      .updateOne({ _id: delivery_id }, { $set: { status: 'cancelled', 'contact.state': 'cancelled' } });
    expect((await world.cancel(id)).statusCode).toBe(200);
    expect(await attempt()).toMatchObject({ state: 'finished' });
    expect(await notifications()).toHaveLength(1);
    expect(await world.rows('trackingevents', { delivery_id, status: 'cancelled' })).toHaveLength(1);
  });

  it.each(['unknown', 'requested'] as const)(
    'that Twilio answers with %s: logged if it was not confirmed, for reconcile asks again',
    async (answer) => {
      const { deps, aDelivery, aCall } = await setup();
      const delivery = await aDelivery();
      const { call_sid } = await aCall({}, delivery);
      const { log, lines } = jsonLog();
      const background = createBackground(log);
      const telephony = { cancel: async () => answer };
      expect(await cancelDelivery(delivery, 'a'.repeat(32), { ...deps, telephony, background })).toMatchObject({ callInProgress: true });
      await background.idle();
      const unconfirmed = { level: 40, err: { message: expect.stringContaining(String(call_sid)) } };
      expect(lines).toMatchObject(answer === 'unknown' ? [unconfirmed] : []);
    },
  );
});
