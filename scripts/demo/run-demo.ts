import type { Db } from 'mongodb';
import { createAccounts } from './accounts.ts';
import { cancelOrders } from './cancel.ts';
import { makeOrders } from './cast/make-orders.ts';
import type { Order } from './cast/order.ts';
import { readOrders } from './cast/read-orders.ts';
import { check } from './check/check.ts';
import type { DemoOptions } from './options.ts';
import { createProgress } from './show/progress.ts';
import { resultTable } from './show/table.ts';
import { totals } from './show/totals.ts';
import { submitOrders } from './submit.ts';
import { watch } from './watch.ts';
import type { World } from './world.ts';

const MINUTE = 60_000;
const DEFAULT_COUNT = 40;
/** What is due within two hours and a quarter by the scaled clock is waited for: a second try after an hour or two, not a third. */
const HORIZON_MINUTES = 135;

export interface Screen {
  say(line: string): void;
  /** Where progress is shown: redrawn on a terminal. */
  out: NodeJS.WritableStream;
}

/** Submits, looks on, tells. Resolves with true when the database and the simulator agree that every delivery has an ending or a next time. */
export async function runDemo(options: DemoOptions, world: World, { say, out }: Screen, signal: AbortSignal): Promise<boolean> {
  const orders = await ordersFor(options, world.now());
  const { apiKey, admin, drivers } = await createAccounts(world);
  say(`Accounts: an API key, an admin and ${drivers.length} drivers with push subscriptions`);
  sayAddresses(world, admin, say);

  for (const { body, steps } of orders) if (steps !== undefined) world.simulator.setNumber(phoneIn(body), steps);
  for (const fault of options.fault) world.simulator.addFault(fault);
  const api = { publicUrl: world.stack.publicUrl, key: apiKey };
  const progress = createProgress(orders.length, out);
  signal.addEventListener('abort', () => progress.stop()); // gives the terminal its cursor back
  const began = Date.now();
  say(`Submitting ${orders.length} deliveries to POST ${world.stack.publicUrl}/v1/deliveries\n`);
  const submission = await submitOrders(orders, drivers, api, (soFar) => progress.update(soFar, null));
  const { accepted, refused } = submission;
  const horizon = new Date(world.now().getTime() + HORIZON_MINUTES * MINUTE);
  const cancelled = cancelOrders(submission, api, world.simulator.log, signal);

  const patienceMs = options.patience * 1000;
  const quiet = await watch({
    ...world,
    horizon,
    accepted: accepted.length,
    patienceMs,
    onStanding: (standing) => progress.update(accepted.length, standing),
  });
  const seconds = (Date.now() - began) / 1000;
  progress.stop();
  await cancelled;

  const { evidence, violations } = await check(accepted, world.scene, patienceMs);
  say(`\n${resultTable(evidence, await namesOf(world.db))}\n`);
  for (const { label, why } of refused) say(`refused: ${label}: ${why}`);
  for (const line of totals(evidence, seconds)) say(line);
  for (const { delivery, what } of violations) say(`WRONG: ${delivery} ${what}`);
  if (!quiet) say('WRONG: not everything came to an end in time.');
  const fine = quiet && violations.length === 0;
  if (fine) say('Database and simulator agree: every delivery has an ending or a next time; nothing is stuck, lost or doubled.');
  return fine;
}

const ordersFor = async ({ file, count }: DemoOptions, now: Date): Promise<Order[]> =>
  file === undefined ? makeOrders(count ?? DEFAULT_COUNT, now) : await readOrders(file, count, now);

const phoneIn = (body: Order['body']): string => (body['customer'] as { phone: string }).phone;

function sayAddresses(
  { stack: { publicUrl }, simulator }: World,
  { email, password }: { email: string; password: string },
  say: (line: string) => void,
): void {
  say('');
  say(`  Bull Board  ${publicUrl}/board`);
  say(`              ${email}, password ${password}`);
  say(`  API         ${publicUrl}/openapi.json`);
  say(`  Simulator   ${simulator.urls.control}`);
  say('');
}

async function namesOf(db: Db): Promise<Map<string, string>> {
  const customers = await db
    .collection<{ name: string }>('customers')
    .find({}, { projection: { name: 1 } })
    .toArray();
  const byId = new Map(customers.map(({ _id, name }) => [_id.toHexString(), name]));
  const deliveries = await db
    .collection<{ customer_id: { toHexString(): string } }>('deliveries')
    .find({}, { projection: { customer_id: 1 } })
    .toArray();
  return new Map(deliveries.map(({ _id, customer_id }) => [_id.toHexString(), byId.get(customer_id.toHexString()) ?? '']));
}
