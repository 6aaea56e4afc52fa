import { createAccounts } from './accounts.ts';
import { cancelOrders } from './cancel.ts';
import { makeOrders } from './cast/make-orders.ts';
import type { Order } from './cast/order.ts';
import { readOrders } from './cast/read-orders.ts';
import { check } from './check/check.ts';
import type { DemoOptions } from './options.ts';
import { replaceWorker } from './replace-worker.ts';
import { fold } from './show/fold.ts';
import { createProgress } from './show/progress.ts';
import { resultTable } from './show/table.ts';
import { totals } from './show/totals.ts';
import { submitOrders } from './submit.ts';
import { watch } from './watch.ts';
import type { World } from './world.ts';

const MINUTE = 60_000;
const DEFAULT_COUNT = 40;
/** What is due within two and a half hours by the scaled clock is waited for: a second try after an hour or two, seldom a third. */
const HORIZON_MINUTES = 150;

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
  const meanwhile = Promise.all([
    cancelOrders(submission, api, world.simulator.log, signal),
    options.killWorker ? replaceWorker(world, signal) : undefined,
  ]);
  meanwhile.catch(() => undefined); // told when it is awaited

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
  await meanwhile;

  const { evidence, violations } = await check(accepted, world.scene, patienceMs);
  say(`\n${resultTable(evidence)}\n`);
  for (const { label, why } of refused) say(fold(`refused: ${label}: ${why}`));
  for (const line of totals(evidence, seconds)) say(fold(line));
  for (const { delivery, what } of violations) say(fold(`WRONG: ${delivery} ${what}`));
  if (!quiet) say('WRONG: not everything came to an end in time.');
  const fine = quiet && violations.length === 0;
  if (fine) say('Database and simulator agree: all have an ending or a next time; none is stuck, lost or doubled.');
  return fine;
}

const ordersFor = async ({ file, count }: DemoOptions, now: Date): Promise<Order[]> =>
  file === undefined ? makeOrders(count ?? DEFAULT_COUNT, now) : readOrders(file, count, now);

const phoneIn = (body: Order['body']): string => (body as { customer: { phone: string } }).customer.phone;

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
