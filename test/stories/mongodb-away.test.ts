import { randomUUID } from 'node:crypto';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { makeOwnFolder, removeFolder, servicesFolder } from '#scripts/services/folders.ts';
import { startMongod, type RunningMongod } from '#scripts/services/mongod.ts';
import { atTheEnd, startWorld, type Answer, type World } from '#test/support/stack.ts';
import { faultsInTheBooks } from './account.ts';
import { fromTwilio } from './from-twilio.ts';
import { anOrder, submit } from './submit.ts';

// A mongod of the test's own, stopped with SIGSTOP (it answers nothing, connections stand) and killed with -9 (connections are refused).

const REPEATS = 30;

let world: World;
let mongod: RunningMongod;
/** A call that goes on all the time. */
const live = { attemptId: '', callSid: '', to: '' };

beforeAll(async () => {
  const dataDir = await makeOwnFolder(servicesFolder, 'mongod-of-a-story');
  atTheEnd(() => removeFolder(dataDir));
  mongod = await startMongod({ dataDir });
  atTheEnd(() => mongod.stop());
  world = await startWorld({ mongodbUri: mongod.uri });
  const { simulator, db } = world;
  const { phone } = await submit(world, { person: 'confirm' }, (to) =>
    simulator.addFault({ target: 'callback', kind: 'delay', delayMs: 300_000, match: { event: 'voice', to } }),
  );
  const attempt = await vi.waitUntil(() => db.collection('callattempts').findOne({ state: 'in_progress' }), { timeout: 20_000 });
  Object.assign(live, { attemptId: String(attempt['_id']), callSid: attempt['call_sid'], to: phone });
});

const outages = {
  stopped: { begin: () => mongod.kill('SIGSTOP'), end: () => mongod.kill('SIGCONT') },
  killed: {
    begin: () => mongod.kill('SIGKILL'),
    end: async () => {
      mongod = await startMongod({ port: mongod.port, dataDir: mongod.dataDir });
    },
  },
};

const speak = () =>
  fromTwilio(world, `/webhooks/twilio/voice/${live.attemptId}`, { CallSid: live.callSid, To: live.to, CallStatus: 'in-progress' });

describe.each(['stopped', 'killed'] as const)('row 13: MongoDB %s', (name) => {
  let over = true;
  const begin = async () => {
    await outages[name].begin();
    over = false;
  };
  const end = async () => {
    if (!over) await outages[name].end();
    over = true;
  };
  afterEach(end);

  it('answers 503 at once, asks a caller for a moment, and a repeat makes no second delivery', async () => {
    const withId = anOrder(world, { person: 'confirm', fields: { external_id: `order ${name}` } });
    const withKey = anOrder(world, { person: 'confirm' });
    const key = { 'idempotency-key': randomUUID() };
    expect((await speak()).text).toContain('<Gather');
    await begin();

    const answers: Answer[] = [];
    for (let count = 0; count < REPEATS; count += 1) {
      answers.push(await world.request('POST', '/v1/deliveries', count % 2 ? { body: withId.body } : { body: withKey.body, headers: key }));
    }
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([503]));
    expect(answers[0]?.body).toMatchObject({
      status: 503,
      detail: expect.stringMatching(/^(Nothing was done|Whether the request took effect is not known)/),
    });
    const times = answers.map(({ ms }) => ms).toSorted((a, b) => a - b);
    const [median = Infinity, slowest = Infinity] = [times[Math.ceil(REPEATS / 2) - 1], times.at(-1)];
    process.stdout.write(`MongoDB ${name}: 503 after ${median.toFixed(0)} ms (median), ${slowest.toFixed(0)} ms (slowest of ${REPEATS})\n`);
    // The machine may be busy for a moment, but not half the time.
    expect(median).toBeLessThan(250);
    expect(slowest).toBeLessThan(1000);

    const voice = await speak();
    expect(voice.status).toBe(200);
    expect(voice.text).toMatch(/One moment.*<Redirect/s);
    expect(voice.text).not.toContain('<Gather');
    const status = await fromTwilio(world, `/webhooks/twilio/status/${live.attemptId}`, {
      CallSid: live.callSid,
      To: live.to,
      CallStatus: 'ringing',
      SequenceNumber: '1',
      Timestamp: new Date().toUTCString(),
      CallbackSource: 'call-progress-events',
    });
    expect(status.status).toBe(503);

    await end();
    const repeats = { timeout: 45_000, interval: 250 };
    const again = async (options: { body: unknown; headers?: Record<string, string> }) =>
      (await world.request('POST', '/v1/deliveries', options)).status;
    await expect.poll(() => again({ body: withId.body }), repeats).toBeLessThan(300);
    await expect.poll(() => again({ body: withKey.body, headers: key }), repeats).toBeLessThan(300);
    const customers = await world.db
      .collection('customers')
      .find({ phone: { $in: [withId.phone, withKey.phone] } })
      .toArray();
    expect(customers).toHaveLength(2);
    expect(await world.db.collection('deliveries').countDocuments({ customer_id: { $in: customers.map(({ _id }) => _id) } })).toBe(2);

    const reached = () =>
      world.db
        .collection('deliveries')
        .countDocuments({ 'contact.state': 'confirmed', customer_id: { $in: customers.map(({ _id }) => _id) } });
    await expect.poll(reached, repeats).toBe(2);
    expect(world.simulator.calls().filter(({ to }) => to === withId.phone || to === withKey.phone)).toHaveLength(2);
    expect(await faultsInTheBooks(world)).toEqual([]);
  }, 150_000);
});
