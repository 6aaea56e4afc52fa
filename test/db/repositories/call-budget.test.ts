import { beforeEach, expect, it } from 'vitest';
import { createCallBudget, type CallBudget } from '#src/db/repositories/call-budget.ts';
import { HOUR } from '#src/platform/time.ts';
import { setup, type World } from '#test/support/world.ts';

interface Control {
  _id: string;
  used?: number;
  [field: string]: unknown;
}

let world: World;
let budget: CallBudget;
beforeEach(async () => {
  world = await setup();
  budget = createCallBudget(world.db, world.time);
});

const controls = () => world.db.collection<Control>('controls');
const set = (fields: Omit<Control, '_id'>) => controls().updateOne({ _id: 'calls' }, { $set: fields }, { upsert: true });
const now = () => controls().findOne({ _id: 'calls' });
const take = async (count: number, from: CallBudget[] = [budget]) =>
  (await Promise.all(Array.from({ length: count }, (_, n) => (from[n % from.length] as CallBudget).take()))).map(({ kind }) => kind);

it('where nobody has set anything, calls are on and without a limit, and counted', async () => {
  expect(await take(30, [budget, createCallBudget(world.db, world.time)])).toEqual(Array(30).fill('granted'));
  expect(await now()).toMatchObject({ enabled: true, day: '2026-03-10', used: 30 });
});

it('is never exceeded, however many processes take at once', async () => {
  await set({ daily_budget: 7 });
  const processes = Array.from({ length: 4 }, () => createCallBudget(world.db, world.time));
  const kinds = await take(40, processes);
  expect(kinds.filter((kind) => kind === 'granted')).toHaveLength(7);
  expect(await now()).toMatchObject({ used: 7 });
});

it('a budget that was lowered below what is used grants nothing and loses nothing', async () => {
  await set({ daily_budget: 2, day: '2026-03-10', used: 5 });
  expect(await take(3)).toEqual(['over-budget', 'over-budget', 'over-budget']);
  expect(await now()).toMatchObject({ used: 5 });
});

it('begins anew at midnight UTC', async () => {
  await set({ daily_budget: 1 });
  expect(await take(2)).toEqual(['granted', 'over-budget']);
  expect(await budget.take()).toEqual({ kind: 'over-budget', until: new Date('2026-03-11T00:00:00Z') });
  world.time.set(new Date('2026-03-11T00:00:00Z'));
  expect(await take(2)).toEqual(['granted', 'over-budget']);
});

it('takes back a call that was not placed, of today and not below nothing', async () => {
  await set({ daily_budget: 1 });
  await take(1);
  await budget.giveBack();
  await budget.giveBack();
  expect(await now()).toMatchObject({ used: 0 });
  expect(await take(1)).toEqual(['granted']);
  world.time.advance(24 * HOUR);
  await budget.giveBack();
  expect(await now()).toMatchObject({ day: '2026-03-10', used: 1 });
});

it('grants nothing while calling is switched off, and uses nothing up', async () => {
  await set({ enabled: false, daily_budget: 5, day: '2026-03-10', used: 1 });
  expect(await take(3)).toEqual(['paused', 'paused', 'paused']);
  expect(await now()).toMatchObject({ enabled: false, used: 1 });
});
