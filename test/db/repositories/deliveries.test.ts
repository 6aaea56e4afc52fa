import { ObjectId } from 'mongodb';
import { beforeEach, describe, expect, it } from 'vitest';
import type { DeliveryDoc } from '#src/db/models/deliveries.ts';
import type { ContactMove } from '#src/db/repositories/deliveries.ts';
import { trackingEvent } from '#src/pipeline/tracking-event.ts';
import { setup, type World } from '#test/support/world.ts';

let world: World;
let delivery: DeliveryDoc;
beforeEach(async () => {
  world = await setup();
  delivery = await world.aDelivery();
});

const event = (status: string, occasion = '') => trackingEvent({ deliveryId: delivery._id, status, occasion, at: world.time.now() });
const move = (over: Partial<ContactMove> = {}) =>
  world.deps.deliveries.moveContact(delivery._id, {
    from: ['pending'],
    to: 'contacting',
    reason: null,
    nextAt: null,
    attempt: 1,
    event: event(over.to ?? 'contacting'),
    ...over,
  });
const now = () => world.deliveryNow(delivery);

describe('moving the contact', () => {
  it('is done from the states that are named, and from no other', async () => {
    expect(await move({ from: ['contacting'], to: 'confirmed' })).toBe(false);
    expect(await now()).toEqual(delivery);
    expect(await move({ to: 'confirmed', also: { call_log_id: delivery.customer_id } })).toBe(true);
    expect(await now()).toMatchObject({ contact: { state: 'confirmed', attempt: 1 }, call_log_id: delivery.customer_id });
    expect((await now()).contact).not.toHaveProperty('next_at');
  });

  it('that speaks of an earlier attempt never replaces a later one’s', async () => {
    await move({ to: 'pending', attempt: 2 });
    expect(await move({ attempt: 1 })).toBe(false);
    expect(await move({ to: 'confirmed', attempt: 2 })).toBe(true);
  });

  it('to "contacting" is done by a later attempt only: the call may have ended before we heard that it began', async () => {
    await move({ to: 'pending', attempt: 1 });
    expect(await move({ attempt: 1 })).toBe(false);
    expect(await move({ attempt: 2 })).toBe(true);
  });

  it('raises the count of retries, and never lowers it', async () => {
    await move({ to: 'pending', retries: 2 });
    await move({ to: 'confirmed', retries: 1 });
    expect(await now()).toMatchObject({ contact: { state: 'confirmed' }, retry_count: 2 });
  });

  it('is not done after the event that it must not follow', async () => {
    const planned = event('retry_planned');
    await move({ to: 'pending', event: planned });
    expect(await move({ to: 'pending', event: event('not_reached'), unlessAfter: planned._id })).toBe(false);
    expect(await move({ to: 'confirmed', unlessAfter: event('unheard of')._id })).toBe(true);
  });

  it('is done once for each happening', async () => {
    const both = await Promise.all([move({ to: 'pending' }), move({ to: 'pending' })]);
    expect(both.filter(Boolean)).toHaveLength(1);
    expect((await now()).tracking_events).toHaveLength(1);
  });

  it('gives a reason and a time, and takes them away', async () => {
    const next = new Date('2026-03-11T12:00:00Z');
    await move({ to: 'pending', reason: 'busy', nextAt: next });
    expect((await now()).contact).toMatchObject({ reason: 'busy', next_at: next });
    await move({ attempt: 2 });
    expect((await now()).contact).toEqual({ state: 'contacting', attempt: 2 });
  });
});

it('keeps the last fifty events of its history', async () => {
  for (let n = 0; n < 53; n += 1) await world.deps.deliveries.note(delivery._id, event('scanned', `${n}`));
  const { tracking_events } = await now();
  expect(tracking_events).toHaveLength(50);
  expect(tracking_events.at(-1)?._id).toEqual(event('scanned', '52')._id);
});

describe('what the customer said', () => {
  const add = (text: string, occasion: string) =>
    world.deps.deliveries.addInstructions(delivery._id, event('instructions_received', occasion), text);

  it('is appended once per recording, taken as it is', async () => {
    expect(await add('$address\nsecond line', 'one')).toBe(true);
    expect(await add('$address\nsecond line', 'one')).toBe(false);
    expect(await add('And ring.', 'two')).toBe(true);
    expect(await now()).toMatchObject({
      package_details: { special_instructions: '$address\nsecond line\nAnd ring.' },
      contact: { instructions: 'And ring.' },
    });
    expect((await now()).tracking_events).toHaveLength(2);
  });

  it('loses nothing when two recordings are read at once', async () => {
    await Promise.all([add('A', 'one'), add('B', 'two')]);
    expect((await now()).package_details.special_instructions?.split('\n').toSorted()).toEqual(['A', 'B']);
  });
});

describe('cancelling', () => {
  it('ends the contact with the parcel, once', async () => {
    expect(await world.deps.deliveries.cancel(delivery._id, event('cancelled'))).toBe(true);
    expect(await now()).toMatchObject({ status: 'cancelled', contact: { state: 'cancelled' } });
    expect((await now()).contact).not.toHaveProperty('next_at');
    expect(await world.deps.deliveries.cancel(delivery._id, event('cancelled'))).toBe(false);
    expect((await now()).tracking_events).toHaveLength(1);
  });

  it.each(['completed', 'failed'] as const)('does nothing to a parcel that is %s', async (status) => {
    delivery = await world.aDelivery({ status });
    expect(await world.deps.deliveries.cancel(delivery._id, event('cancelled'))).toBe(false);
    expect(await now()).toEqual(delivery);
  });

  it('does not take back that the customer opted out', async () => {
    delivery = await world.aDelivery({ contact: { state: 'opted_out', attempt: 1 } });
    await world.deps.deliveries.cancel(delivery._id, event('cancelled'));
    expect(await now()).toMatchObject({ status: 'cancelled', contact: { state: 'opted_out' } });
  });
});

describe('finding', () => {
  it('by the upstream’s order number, which is its own', async () => {
    const [shop, other] = [new ObjectId(), new ObjectId()];
    const ours = await world.aDelivery({ external_id: 'order-1', api_key_id: shop });
    const theirs = await world.aDelivery({ external_id: 'order-1', api_key_id: other });
    const { findByExternalId, insert } = world.deps.deliveries;
    const found = await Promise.all([
      findByExternalId(shop, 'order-1'),
      findByExternalId(other, 'order-1'),
      findByExternalId(shop, 'order-2'),
    ]);
    expect(found.map((one) => one?._id)).toEqual([ours._id, theirs._id, undefined]);
    expect(await insert({ ...ours, _id: new ObjectId() })).toBe('duplicate');
  });

  it('page by page, newest first', async () => {
    const made = [delivery];
    for (let n = 0; n < 4; n += 1) made.push(await world.aDelivery({ _id: new ObjectId(), status: n % 2 ? 'assigned' : 'scheduled' }));
    const ids = made
      .map(({ _id }) => _id.toHexString())
      .toSorted()
      .toReversed();
    const { list } = world.deps.deliveries;
    const first = await list({ limit: 3 });
    const second = await list({ limit: 3, before: first.at(-1)?._id ?? delivery._id });
    expect([...first, ...second].map(({ _id }) => _id.toHexString())).toEqual(ids);
    expect((await list({ limit: 9, status: 'assigned' })).length).toBe(2);
    expect((await list({ limit: 9, customerId: delivery.customer_id })).map(({ _id }) => _id)).toEqual([delivery._id]);
  });
});

describe('cancelling', () => {
  const cancel = () => world.deps.deliveries.cancel(delivery._id, event('cancelled'));

  it('closes parcel and contact in one write, whatever happens after it', async () => {
    await world.db.setProfilingLevel('all');
    expect(await cancel()).toBe(true);
    await world.db.setProfilingLevel('off');
    const profile = world.db.collection('system.profile');
    expect(await profile.countDocuments({ op: 'update', ns: world.db.collection('deliveries').namespace })).toBe(1);
    await profile.drop();
    const { status, contact, tracking_events } = await now();
    expect({ status, contact }).toEqual({ status: 'cancelled', contact: { state: 'cancelled', attempt: 0 } });
    expect(tracking_events).toMatchObject([{ status: 'cancelled' }]);
    expect(await cancel()).toBe(false);
  });

  it('is pending work until all that it calls for was done', async () => {
    await cancel();
    expect(await now()).toMatchObject({ cancel_follow_up: 'due' });
    const { cancellationFollowed } = world.deps.deliveries;
    expect([await cancellationFollowed(delivery._id), await cancellationFollowed(delivery._id)]).toEqual([true, false]);
    expect(await now()).toMatchObject({ cancel_follow_up: 'done' });
  });

  it('leaves who opted out opted out', async () => {
    const contact = { state: 'opted_out', attempt: 1, reason: 'opted_out' } as const;
    await world.db.collection('deliveries').updateOne({ _id: delivery._id }, { $set: { contact } });
    expect(await cancel()).toBe(true);
    expect(await now()).toMatchObject({ status: 'cancelled', contact });
  });
});
