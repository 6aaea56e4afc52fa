import { MongoNetworkError, type ObjectId } from 'mongodb';
import { beforeEach, describe, expect, it } from 'vitest';
import { createWorkWalks } from '#src/db/repositories/work-walks.ts';
import { HOUR, MINUTE, SECOND } from '#src/platform/time.ts';
import { aJob, setup, type World } from '#test/support/world.ts';
import { planMissingAttempts } from '#workers/steps/plan-missing-attempts.ts';
import { passesIn } from '../a-pass.ts';

let world: World;
beforeEach(async () => {
  world = await setup();
});
const { later } = passesIn(() => world);

describe('deliveries whose ingestion died half way', () => {
  it('are planned, once, with the attempt that they would have had', async () => {
    const delivery = await world.aDelivery();
    await later(9 * SECOND);
    expect(await world.all('callattempts')).toEqual([]);
    await later(2 * SECOND);
    await later(20 * SECOND);
    const attempts = await world.all('callattempts');
    expect(attempts).toMatchObject([{ delivery_id: delivery._id, number: 1, state: 'planned' }]);
    expect(world.producer.ids('call')).toEqual([`call-${String(attempts[0]?._id)}-g1`]);
  });

  it('are closed, with the reason, when by now nobody may be called; the driver is told once', async () => {
    const delivery = await world.aDelivery();
    await later(9 * HOUR);
    await later(20 * SECOND);
    expect(await world.all('callattempts')).toEqual([]);
    expect(await world.deliveryNow(delivery)).toMatchObject({ contact: { state: 'not_permitted', reason: 'delivery_time_passed' } });
    expect((await world.deliveryNow(delivery)).contact).not.toHaveProperty('next_at');
    expect(await world.all('notifications')).toMatchObject([{ kind: 'not_reached' }]);
  });

  it('are found behind any backlog of deliveries that wait for their turn', async () => {
    for (let n = 0; n < 5; n += 1) await world.aPlannedAttempt();
    const orphan = await world.aDelivery();
    world.time.advance(MINUTE);
    const planned = await planMissingAttempts({ ...world.deps, walks: createWorkWalks(world.db, 2) }, aJob());
    expect(planned).toEqual({ planned: 1, withoutCustomer: 0 });
    expect(await world.db.collection('callattempts').countDocuments({ delivery_id: orphan._id })).toBe(1);
  });

  it('are counted apart where the customer is gone, and keep nobody waiting', async () => {
    const gone = await Promise.all([1, 2, 3].map(() => world.aDelivery()));
    await world.db.collection('customers').deleteMany({ _id: { $in: gone.map(({ customer_id }) => customer_id) } });
    const orphan = await world.aDelivery();
    world.time.advance(MINUTE);
    const planned = await planMissingAttempts({ ...world.deps, walks: createWorkWalks(world.db, 2) }, aJob());
    expect(planned).toEqual({ planned: 1, withoutCustomer: 3 });
    expect(await world.all('callattempts')).toMatchObject([{ delivery_id: orphan._id }]);
  });

  it('keep nobody waiting where one cannot be dealt with; a database that is away ends the pass', async () => {
    const unfit = await world.aDelivery();
    const orphan = await world.aDelivery();
    world.time.advance(MINUTE);
    const failingWith = (error: Error) => ({
      ...world.deps,
      customers: {
        ...world.deps.customers,
        find: async (id: ObjectId) => (id.equals(unfit.customer_id) ? Promise.reject(error) : world.deps.customers.find(id)),
      },
    });
    await expect(planMissingAttempts(failingWith(new MongoNetworkError('away')), aJob())).rejects.toThrow('away');
    await planMissingAttempts(failingWith(new Error('a field that nobody expected')), aJob());
    expect(await world.all('callattempts')).toMatchObject([{ delivery_id: orphan._id }]);
  });

  it('are closed where no customer was ever written, once their time is over: every delivery comes to an end', async () => {
    const delivery = await world.aDelivery();
    await world.db.collection('customers').deleteOne({ _id: delivery.customer_id });
    world.time.set(new Date(delivery.scheduled_time.getTime() - MINUTE));
    expect(await planMissingAttempts(world.deps, aJob())).toEqual({ planned: 0, withoutCustomer: 1 });
    world.time.advance(2 * MINUTE);
    expect(await planMissingAttempts(world.deps, aJob())).toEqual({ planned: 1, withoutCustomer: 0 });
    expect(await planMissingAttempts(world.deps, aJob())).toEqual({ planned: 0, withoutCustomer: 0 });
    expect(await world.deliveryNow(delivery)).toMatchObject({ contact: { state: 'not_permitted', reason: 'delivery_time_passed' } });
  });

  it('are left alone where they have an attempt', async () => {
    await world.aPlannedAttempt({ state: 'finished', outcome: 'not_permitted' });
    await later(MINUTE);
    expect(await world.all('callattempts')).toHaveLength(1);
  });
});
