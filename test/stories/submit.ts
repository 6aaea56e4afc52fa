import { randomUUID } from 'node:crypto';
import { expect, vi } from 'vitest';
import type { Steps } from '#scripts/simulator/people.ts';
import type { World } from '#test/support/stack.ts';

export interface Order {
  /** Who answers, call by call. */
  person: Steps;
  /** The customer's wall clock at this moment; default 9: may be called for hours to come. */
  hour?: number;
  preferences?: Record<string, unknown>;
  /** Further fields of the body, or other values for ours. */
  fields?: Record<string, unknown>;
}

export interface Submitted {
  id: string;
  phone: string;
  body: Record<string, unknown>;
}

const HOUR = 3_600_000;
/** A key that is in use is free again after its lease of 30 s. */
const WHILE_AWAY = { timeout: 40_000, interval: 250 };
const AREAS = [202, 212, 213, 305, 312, 404, 415, 503, 617, 702];

const taken = new WeakMap<World, number>();

/** A number that nobody else in this world has. */
function nextPhone(world: World): string {
  const count = taken.get(world) ?? 0;
  taken.set(world, count + 1);
  // 555-0100 to 555-0199 are set aside for fiction; whoever needs more than a thousand goes beyond.
  const block = 1 + Math.floor(count / 1000);
  return `+1${AREAS[Math.floor(count / 100) % 10] ?? 0}555${String(block).padStart(2, '0')}${String(count % 100).padStart(2, '0')}`;
}

/** The time zone in which it is `hour` o'clock now. */
function zoneAt(hour: number, now: Date): string {
  const east = ((((hour - now.getUTCHours() + 12) % 24) + 24) % 24) - 12;
  return east === 0 ? 'Etc/GMT' : `Etc/GMT${east > 0 ? '-' : '+'}${Math.abs(east)}`; // POSIX counts westwards
}

/** The body of an order, to a person of the simulator's that was told what to do. */
export function anOrder(world: World, { person, hour = 9, preferences = {}, fields = {} }: Order): Omit<Submitted, 'id'> {
  const phone = nextPhone(world);
  world.simulator.setNumber(phone, person);
  const now = world.now();
  const body = {
    customer: { name: `Customer ${phone.slice(-4)}`, phone, preferences: { timezone: zoneAt(hour, now), language: 'en', ...preferences } },
    agent_id: world.driverId,
    address: '1 Main Street',
    coordinates: { type: 'Point', coordinates: [-77.03, 38.9] },
    scheduled_time: new Date(now.getTime() + 40 * HOUR).toISOString(),
    ...fields,
  };
  return { phone, body };
}

/** Submits an order as upstream is told to: with a key, and again after a 503. It must be accepted. `before` learns the number first. */
export async function submit(world: World, order: Order, before: (phone: string) => void = () => undefined): Promise<Submitted> {
  const { phone, body } = anOrder(world, order);
  before(phone);
  const headers = { 'idempotency-key': randomUUID() };
  const answer = await vi.waitFor(async () => {
    const given = await world.request('POST', '/v1/deliveries', { body, headers });
    expect(given.status, given.text).toBe(202);
    return given;
  }, WHILE_AWAY);
  return { id: String(answer.body.id), phone, body };
}

/** Submits so many orders of one kind at once. */
export const submitMany = (world: World, count: number, order: Order): Promise<Submitted[]> =>
  Promise.all(Array.from({ length: count }, () => submit(world, order)));
