import { ObjectId } from 'mongodb';
import { beforeEach, describe, expect, it } from 'vitest';
import { newCallLog } from '#src/db/documents/call-log.ts';
import { newCustomer } from '#src/db/documents/customer.ts';
import { SECOND } from '#src/platform/time.ts';
import { trackingEvent } from '#src/pipeline/tracking-event.ts';
import { setup, type World } from '#test/support/world.ts';

let world: World;
beforeEach(async () => {
  world = await setup();
});

describe('a customer', () => {
  const fresh = (name = 'Ann') => newCustomer({ _id: new ObjectId(), phone: '+12025550100', name }, world.time.now());

  it('of a phone number is one, however many orders come at once', async () => {
    const customers = await Promise.all(['Ann', 'Ann', 'Ann'].map((name) => world.deps.customers.upsert(fresh(name), { name })));
    expect(new Set(customers.map(({ _id }) => _id.toHexString())).size).toBe(1);
    expect(await world.all('customers')).toHaveLength(1);
  });

  it('is overwritten by what is given and keeps the rest', async () => {
    await world.deps.customers.upsert({ ...fresh(), email: 'ann@example.com' }, {});
    const known = await world.deps.customers.upsert(fresh(), { name: 'Anna', 'preferences.language': 'es' });
    expect(known).toMatchObject({ name: 'Anna', email: 'ann@example.com', preferences: { language: 'es', timezone: 'America/New_York' } });
    const { updatedAt: _updatedAt, ...stored } = known;
    expect(await world.customerNow(known)).toMatchObject(stored);
  });
});

describe('a call’s log', () => {
  const log = (status: 'queued' | 'ringing', id = new ObjectId()) =>
    newCallLog({ _id: id, delivery_id: id, call_sid: 'CA1', status, from_number: '+1', to_number: '+2' }, world.time.now());

  it('is born once, and the first birth stays', async () => {
    const born = await Promise.all([world.deps.callLogs.ensure(log('queued')), world.deps.callLogs.ensure(log('queued'))]);
    expect(born[0]._id).toEqual(born[1]._id);
    expect(await world.deps.callLogs.ensure(log('ringing'))).toMatchObject({ _id: born[0]._id, status: 'queued' });
    expect(await world.all('calllogs')).toHaveLength(1);
  });

  it('takes no view of fewer events, and of as many only the one that decides', async () => {
    const { _id } = await world.deps.callLogs.ensure(log('queued'));
    const { apply } = world.deps.callLogs;
    expect(await apply(_id, 4, { status: 'completed' })).toBe(true);
    expect(await apply(_id, 3, { status: 'ringing' })).toBe(false);
    expect(await apply(_id, 4, { status: 'completed', outcome: 'hung_up' })).toBe(true);
    expect(await apply(_id, 4, { status: 'completed', outcome: 'voicemail' })).toBe(false);
    expect(await world.callLogNow({ _id })).toMatchObject({ status: 'completed', outcome: 'hung_up', event_count: 4 });
  });
});

describe('an idempotency key', () => {
  const apiKey = new ObjectId();
  const use = (body = 'hash', id = new ObjectId()) => world.deps.idempotencyKeys.use(apiKey, 'key-1', body, id);

  it('lets one request do the work; the others are told that it runs, under which id and for how long', async () => {
    const ids = [new ObjectId(), new ObjectId(), new ObjectId()];
    const uses = await Promise.all(ids.map((id) => use('hash', id)));
    const [winner] = uses.filter(({ kind }) => kind === 'go-on');
    expect(uses.map(({ kind }) => kind).toSorted()).toEqual(['go-on', 'running', 'running']);
    const row = winner && 'row' in winner ? winner.row : undefined;
    for (const one of uses) expect(one).toMatchObject({ row: { delivery_id: row?.delivery_id } });
    world.time.advance(10 * SECOND);
    expect(await use()).toMatchObject({ kind: 'running', retryAfterMs: 20 * SECOND });
  });

  it('of a request that died is taken over by one other, under the id that it had', async () => {
    const id = new ObjectId();
    await use('hash', id);
    world.time.advance(31 * SECOND);
    const uses = await Promise.all([use(), use(), use()]);
    expect(uses.map(({ kind }) => kind).toSorted()).toEqual(['go-on', 'running', 'running']);
    expect(uses.find(({ kind }) => kind === 'go-on')).toMatchObject({ row: { delivery_id: id } });
  });

  it('belongs to one body, and to one API key', async () => {
    await use('hash');
    expect(await use('other')).toEqual({ kind: 'mismatch' });
    expect(await world.deps.idempotencyKeys.use(new ObjectId(), 'key-1', 'other', new ObjectId())).toMatchObject({ kind: 'go-on' });
  });

  it('is free again after a request that was refused, unless another has taken it over', async () => {
    const first = await use();
    if (!('row' in first)) throw new Error('it was free');
    world.time.advance(31 * SECOND);
    await use();
    await world.deps.idempotencyKeys.release(first.row);
    expect(await use('other')).toEqual({ kind: 'mismatch' });
  });

  it('stands nowhere as it was sent', async () => {
    await world.deps.idempotencyKeys.use(apiKey, 'a customer’s name', 'hash', new ObjectId());
    expect(JSON.stringify(await world.all('idempotencykeys'))).not.toContain('customer');
  });
});

it('an opt-out stays as it was first said', async () => {
  const optOut = (source: string) => world.deps.optOuts.add({ _id: '+12025550100', source, createdAt: world.time.now() });
  await Promise.all([optOut('call'), optOut('call')]);
  await optOut('operator');
  expect(await world.all('optouts')).toMatchObject([{ source: 'call' }]);
  expect(await Promise.all([world.deps.optOuts.has('+12025550100'), world.deps.optOuts.has('+12025550101')])).toEqual([true, false]);
});

it('a happening is in the history once', async () => {
  const deliveryId = new ObjectId();
  const happening = { deliveryId, status: 'contacting', at: world.time.now() };
  await Promise.all([world.deps.history.record(trackingEvent(happening)), world.deps.history.record(trackingEvent(happening))]);
  await world.deps.history.record(trackingEvent({ ...happening, occasion: 'another' }));
  expect(await world.deps.history.ofDelivery(deliveryId)).toHaveLength(2);
});

it('a driver is one who is active, and has the subscription that was last given', async () => {
  const { drivers } = world.deps;
  const { _id } = await world.aDriver({});
  expect([await drivers.exists(_id), await drivers.exists(new ObjectId())]).toEqual([true, false]);
  expect(await drivers.subscription(_id)).toBeNull();
  await drivers.subscribe(_id, { endpoint: 'one' });
  expect(await drivers.dropSubscription(_id, { endpoint: 'two' })).toBe(false);
  expect(await drivers.subscription(_id)).toEqual({ endpoint: 'one' });
  expect(await drivers.dropSubscription(_id, { endpoint: 'one' })).toBe(true);
  await world.db.collection('agents').updateOne({ _id }, { $set: { is_active: false } });
  expect(await drivers.exists(_id)).toBe(false);
});
