import { beforeAll, expect, it, vi } from 'vitest';
import { freePort } from '#scripts/services/server.ts';
import { startWorld, type World } from '#test/support/stack.ts';
import { faultsInTheBooks, unfinished } from './account.ts';
import { anOrder } from './submit.ts';

// Two webs, two workers and two clocks at one MongoDB and one Redis; upstream sends every order to both webs at the same time.

const ORDERS = 30;

let world: World;
const answers: { ids: Set<string>; statuses: number[] }[] = [];
const kinds: Record<string, number> = {};

beforeAll(async () => {
  world = await startWorld();
  const PORT = String(await freePort());
  // Twilio calls back the address that both share.
  await world.startAgain({ env: { PORT } });
  const [first, second] = [String(world.env['PUBLIC_URL']), `http://127.0.0.1:${PORT}`];

  await Promise.all(
    Array.from({ length: ORDERS }, async (_, index) => {
      const person = index % 3 === 0 ? 'busy,confirm' : 'confirm';
      const { body } = anOrder(world, { person, fields: { external_id: `order ${index}` } });
      const send = (to: string) =>
        vi.waitFor(
          async () => {
            const answer = await world.request('POST', `${to}/v1/deliveries`, { body });
            expect([200, 202], answer.text).toContain(answer.status);
            return answer;
          },
          { timeout: 30_000, interval: 250 },
        );
      const both = await Promise.all([send(first), send(second)]);
      answers.push({ ids: new Set(both.map(({ body: { id } }) => String(id))), statuses: both.map(({ status }) => status).toSorted() });
    }),
  );
  await vi.waitUntil(async () => (await unfinished(world)).length === 0, { timeout: 60_000, interval: 250 }).catch(() => undefined);
  const notifications = await world.db.collection('notifications').find().toArray();
  for (const { kind } of notifications as unknown as { kind: string }[]) kinds[kind] = (kinds[kind] ?? 0) + 1;
}, 120_000);

it('accepts each order once, and tells both webs’ callers the same delivery', async () => {
  expect(answers.filter(({ ids }) => ids.size !== 1)).toEqual([]);
  expect(await world.db.collection('deliveries').countDocuments()).toBe(ORDERS);
});

it('calls each customer as often as their story says, and no more', async () => {
  expect(await unfinished(world)).toEqual([]);
  expect(world.simulator.log.entries({ kind: 'call' })).toHaveLength(ORDERS + ORDERS / 3);
  expect(await faultsInTheBooks(world)).toEqual([]);
});

it('tells the driver once for each', () => {
  expect(kinds).toEqual({ confirmed: ORDERS });
  expect(world.simulator.log.entries({ kind: 'push' })).toHaveLength(ORDERS);
});
