import { randomUUID } from 'node:crypto';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { makeOwnFolder, removeFolder, servicesFolder } from '#scripts/services/folders.ts';
import { startMongod, type RunningMongod } from '#scripts/services/mongod.ts';
import { atTheEnd, startWorld, type Answer, type World } from '#test/support/stack.ts';
import { faultsInTheBooks, unfinished } from './account.ts';
import { fromTwilio } from './from-twilio.ts';
import { anOrder, submit } from './submit.ts';

// A mongod of the test's own, stopped with SIGSTOP (it answers nothing, connections stand) and killed with -9 (connections are refused).

const REPEATS = 30;

let world: World;
let mongod: RunningMongod;
let attemptId: string;

beforeAll(async () => {
  const dataDir = await makeOwnFolder(servicesFolder, 'mongod-of-a-story');
  atTheEnd(() => removeFolder(dataDir));
  mongod = await startMongod({ dataDir });
  atTheEnd(() => mongod.stop());
  world = await startWorld({ mongodbUri: mongod.uri });
  // An attempt that waits for its hour: Twilio's requests may name it.
  const { id } = await submit(world, { person: 'confirm', hour: 22 });
  attemptId = String((await world.db.collection('callattempts').findOne())?.['_id']);
  expect(id).toBeDefined();
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

describe.each(['stopped', 'killed'] as const)('MongoDB %s', (name) => {
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

  it('answers 503 at once, speaks an apology, and a repeat makes no second delivery', async () => {
    const withId = anOrder(world, { person: 'confirm', fields: { external_id: `order ${name}` } });
    const withKey = anOrder(world, { person: 'confirm' });
    const key = { 'idempotency-key': randomUUID() };
    await begin();

    const answers: Answer[] = [];
    for (let count = 0; count < REPEATS; count += 1) {
      answers.push(await world.request('POST', '/v1/deliveries', count % 2 ? { body: withId.body } : { body: withKey.body, headers: key }));
    }
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([503]));
    expect(answers[0]?.body).toMatchObject({ status: 503, type: expect.stringMatching(/nothing-done|outcome-unknown/) });
    const times = answers.map(({ ms }) => ms).toSorted((a, b) => a - b);
    process.stdout.write(
      `MongoDB ${name}: 503 after ${times[REPEATS / 2]?.toFixed(0)} ms (median), ${times.at(-1)?.toFixed(0)} ms (slowest of ${REPEATS})\n`,
    );
    expect(times.at(-1)).toBeLessThan(1000);

    const voice = await fromTwilio(world, `/webhooks/twilio/voice/${attemptId}`, { CallStatus: 'in-progress' });
    expect(voice.status).toBe(200);
    expect(voice.text).toMatch(/<Response>.*<Say.*sorry.*<\/Response>/is);
    const status = await fromTwilio(world, `/webhooks/twilio/status/${attemptId}`, {
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

    const others = async () => (await unfinished(world)).filter((line) => !/pending|planned/.test(line));
    const reached = () =>
      world.db
        .collection('deliveries')
        .countDocuments({ 'contact.state': 'confirmed', customer_id: { $in: customers.map(({ _id }) => _id) } });
    await expect.poll(reached, repeats).toBe(2);
    await expect.poll(others, repeats).toEqual([]);
    expect(world.simulator.calls().filter(({ to }) => to === withId.phone || to === withKey.phone)).toHaveLength(2);
    expect(await faultsInTheBooks(world)).toEqual([]);
  }, 150_000);
});
