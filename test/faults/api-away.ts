import { randomUUID } from 'node:crypto';
import { expect, vi } from 'vitest';
import { makeOwnFolder, removeFolder, servicesFolder } from '#scripts/services/folders.ts';
import { startMongod, type RunningMongod } from '#scripts/services/mongod.ts';
import { startRedis, type RunningRedis } from '#scripts/services/redis.ts';
import { figure } from '#test/support/figures.ts';
import { atTheEnd, startWorld, type World } from '#test/support/stack.ts';
import { startTcpProxy, type TcpProxy } from '#test/support/tcp-proxy.ts';
import { faultsInTheBooks, unfinished } from '#test/stories/account.ts';
import { fromTwilio } from '#test/stories/from-twilio.ts';
import { anOrder, submit } from '#test/stories/submit.ts';
import { percentile, statuses, steadily, timed, type Given } from './steady-load.ts';

/** A whole installation whose MongoDB and Redis are its own, each behind a cable that can be cut. */
export interface Cables {
  world: World;
  mongod: RunningMongod;
  redis: RunningRedis;
  toMongod: TcpProxy;
  toRedis: TcpProxy;
  /** A call that goes on all the time. */
  live: { attemptId: string; callSid: string; to: string };
}

const WAIT = { timeout: 60_000, interval: 250 };
const REQUESTS = 1000;
const PER_SECOND = 50;
/** Each is sent again and again, as by a client that got no answer. */
const ORDERS = 60;
/** P9, as the client sees it. */
const BOUND_MS = 250;

export async function startCables(): Promise<Cables> {
  const folder = async (name: string) => {
    const dataDir = await makeOwnFolder(servicesFolder, name);
    atTheEnd(() => removeFolder(dataDir));
    return dataDir;
  };
  const mongod = await startMongod({ dataDir: await folder('mongod-away') });
  const redis = await startRedis({ dataDir: await folder('redis-away') });
  const [toMongod, toRedis] = await Promise.all([startTcpProxy(mongod), startTcpProxy(redis)]);
  const cables = { mongod, redis, toMongod, toRedis };
  atTheEnd(async () => {
    await Promise.all([cables.mongod.stop(), cables.redis.stop()]);
    await Promise.all([toMongod.close(), toRedis.close()]);
  });
  const world = await startWorld({ mongodbUri: toMongod.addressOf(mongod.uri), redisUrl: toRedis.addressOf(redis.url) });
  const { phone } = await submit(world, { person: 'confirm' }, (to) =>
    world.simulator.addFault({ target: 'callback', kind: 'delay', delayMs: 600_000, match: { event: 'voice', to } }),
  );
  const attempt = await vi.waitUntil(() => world.db.collection('callattempts').findOne({ state: 'in_progress' }), WAIT);
  const live = { attemptId: String(attempt['_id']), callSid: String(attempt['call_sid']), to: phone };
  return Object.assign(cables, { world, live });
}

interface Order {
  body: Record<string, unknown>;
  phone: string;
  headers: Record<string, string>;
}

/** Half of them name an order number, half an idempotency key. */
const someOrders = (world: World, name: string): Order[] =>
  Array.from({ length: ORDERS }, (_, index) =>
    index % 2 === 0
      ? { ...anOrder(world, { person: 'confirm', fields: { external_id: `${name} ${index}` } }), headers: {} }
      : { ...anOrder(world, { person: 'confirm' }), headers: { 'idempotency-key': randomUUID() } },
  );

const post = ({ world }: Cables, { body, headers }: Order): Promise<Given> =>
  timed(() => world.request('POST', '/v1/deliveries', { body, headers }));

const get = ({ world }: Cables, path: string): Promise<Given> => timed(() => world.request('GET', path));

const callBack = ({ world, live }: Cables): Promise<Given> =>
  timed(() =>
    fromTwilio(world, `/webhooks/twilio/status/${live.attemptId}`, {
      CallSid: live.callSid,
      To: live.to,
      CallStatus: 'ringing',
      SequenceNumber: '1',
      Timestamp: world.now().toUTCString(),
    }),
  );

export interface Outage {
  /** What was done to which process or socket, for people. */
  name: string;
  row: number;
  begin(): Promise<void>;
  end(): Promise<void>;
  /** The statuses that a request of each kind may get meanwhile. */
  allowed: { submitted: number[]; read: number[]; callback: number[] };
}

/** Row 8 and P9: through the whole outage clients ask steadily, and repeat themselves; afterwards everything accepted is there, once, and everybody is called once. */
export async function livesThrough(cables: Cables, { name, row, begin, end, allowed }: Outage): Promise<void> {
  const { world } = cables;
  const orders = someOrders(world, name);
  const known = await submit(world, { person: 'confirm' });
  await vi.waitFor(
    async () => expect((await unfinished(world)).filter((line) => !line.includes(cables.live.attemptId))).toHaveLength(1),
    WAIT,
  );

  await begin();
  const given: Record<'submitted' | 'read' | 'callback', Given[]> = { submitted: [], read: [], callback: [] };
  const accepted = new Map<string, Set<string>>();
  const all = await steadily(REQUESTS, PER_SECOND, async (index) => {
    if (index % 2 === 0) {
      const order = orders[(index / 2) % ORDERS] as Order;
      const answer = await post(cables, order);
      given.submitted.push(answer);
      remember(accepted, order, answer);
      return answer;
    }
    const kind = index % 4 === 1 ? 'callback' : 'read';
    const answer = await (kind === 'callback'
      ? callBack(cables)
      : get(cables, index % 8 === 3 ? `/v1/deliveries/${known.id}` : '/v1/deliveries?limit=5'));
    given[kind].push(answer);
    return answer;
  });
  const ended = performance.now();
  await end();

  const p99 = percentile(all, 0.99);
  const told = Object.entries(given).map(
    ([kind, answers]) =>
      `${kind} ${JSON.stringify(statuses(answers))} p50 ${percentile(answers, 0.5).toFixed(0)} p99 ${percentile(answers, 0.99).toFixed(0)} ms`,
  );
  process.stdout.write(`${name}: ${told.join('; ')}; slowest ${percentile(all, 1).toFixed(0)} ms\n`);
  figure(row, `${name}: API p99 over ${REQUESTS} requests`, Math.round(p99), 'ms');
  figure(row, `${name}: slowest answer`, Math.round(percentile(all, 1)), 'ms');
  for (const [kind, answers] of Object.entries(given))
    for (const { status, text } of answers) expect(allowed[kind as 'read'], `${kind}: ${text}`).toContain(status);

  // The client repeats what it has no good answer to, until it has one.
  await Promise.all(
    orders.map((order) =>
      vi.waitFor(async () => {
        const answer = await post(cables, order);
        expect([200, 202], answer.text).toContain(answer.status);
        remember(accepted, order, answer);
      }, WAIT),
    ),
  );
  figure(row, `${name}: every order accepted after the end of the outage`, Number(((performance.now() - ended) / 1000).toFixed(1)), 's');
  const phones = orders.map(({ phone }) => phone);
  const customers = await world.db
    .collection('customers')
    .find({ phone: { $in: phones } })
    .toArray();
  const stored = await world.db
    .collection('deliveries')
    .find({ customer_id: { $in: customers.map(({ _id }) => _id) } })
    .toArray();
  const lost = [...accepted.values()].flatMap((ids) => [...ids]).filter((id) => !stored.some(({ _id }) => String(_id) === id));
  figure(row, `${name}: accepted and then lost`, lost.length);
  figure(row, `${name}: deliveries doubled`, stored.length - ORDERS);
  expect([...accepted.values()].filter((ids) => ids.size !== 1)).toEqual([]);
  expect(lost).toEqual([]);
  expect(stored).toHaveLength(ORDERS);

  const waits = async () => (await unfinished(world)).filter((line) => !line.includes(cables.live.attemptId));
  // The call that goes on all the time is the one that stays.
  await vi.waitFor(async () => expect(await waits()).toHaveLength(1), { ...WAIT, timeout: 90_000 });
  figure(row, `${name}: everybody called after the end of the outage`, Number(((performance.now() - ended) / 1000).toFixed(1)), 's');
  const calls = world.simulator.calls().filter(({ to }) => phones.includes(to));
  figure(row, `${name}: calls doubled`, calls.length - new Set(calls.map(({ to }) => to)).size);
  expect(calls.map(({ to }) => to).toSorted()).toEqual(phones.toSorted());
  expect(await faultsInTheBooks(world)).toEqual([]);
  // Last, since what was lost or doubled would be worse.
  expect(p99).toBeLessThan(BOUND_MS);
}

function remember(accepted: Map<string, Set<string>>, { phone }: Order, { status, text }: Given): void {
  if (status !== 200 && status !== 202) return;
  const { id } = JSON.parse(text) as { id: string };
  accepted.set(phone, (accepted.get(phone) ?? new Set()).add(id));
}
