import { ObjectId, type Db } from 'mongodb';
import { newCustomer } from '#src/db/documents/customer.ts';
import { clockChanges, inRange, isWaking, oddHour, rangeText, wallClock, type DayRange } from '#test/domain/contact-rules/wall-clock.ts';
import type { World } from '#test/support/stack.ts';
import { anOrder, submit, type Submitted } from '#test/stories/submit.ts';

// Deliveries around a change of the clocks, and what Intl says of the moments at which their customers were called.

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** What a customer's wall clock must show for a call. */
interface Wish {
  /** Two where nobody knows which zone is theirs. */
  zones: readonly string[];
  times: readonly DayRange[];
  days: readonly string[];
}

/** A delivery that is on its way through the installation. Instants in epoch milliseconds. */
export interface Awaited {
  name: string;
  wish: Wish;
  phone: string;
  sentAt: number;
  acceptedAt: number;
  deadline: number;
}

interface Plan {
  name: string;
  wish: Wish;
  /** After the change of the clocks. */
  deadline: number;
  person?: string;
  send(world: World, order: Parameters<typeof submit>[1]): Promise<Submitted>;
}

/** What a delivery's customer may wish where the clocks of `zone` change near `change`: windows that begin, end and lie in the hour that is skipped or shown twice, and others. */
function wishesIn(zone: string, change: number): Plan[] {
  const own = clockChanges(zone, change - 12 * HOUR, change + 12 * HOUR)[0];
  const [from] = own === undefined ? ([2 * 60] as const) : oddHour(zone, own);
  const [quarter, half, threeQuarters] = [from + 15, from + 30, from + 45];
  const day = wallClock(zone, change).weekday;
  const plan = (name: string, times: DayRange[], days: string[] = [], hours = 20, person = 'confirm'): Plan => ({
    name: `${zone}: ${name}`,
    wish: { zones: [zone], times, days },
    deadline: change + hours * HOUR,
    person,
    send: submit,
  });
  return [
    plan('any time', []),
    plan('begins in the odd hour', [[half, 9 * 60]]),
    // Over before the delivery comes round again, so that any waking hour will do.
    plan('ends in the odd hour', [[20 * 60, half]], [], 10),
    plan('lies in the odd hour', [[quarter, threeQuarters]]),
    plan('on the day of the change', [], [day]),
    plan('not at home at first', [[9 * 60 + 30, 12 * 60 + 30]], [], 20, 'no-answer,confirm'),
  ];
}

/** Where nobody knows the zone, calls are made in hours that are waking ones from New York to Hawaii, and wishes say nothing. */
function nowhere(change: number): Plan[] {
  const wish: Wish = { zones: ['America/New_York', 'Pacific/Honolulu'], times: [], days: [] };
  return ['Mars/Olympus', ''].map((timezone) => ({
    name: `a customer whose zone is '${timezone}' in the database`,
    wish,
    deadline: change + 20 * HOUR,
    send: (world, order) => submitFor(world, timezone, order),
  }));
}

/** Nothing was said of the zone: the schema's default. */
const unsaid = (change: number): Plan => ({
  name: 'no zone given',
  wish: { zones: ['America/New_York'], times: [], days: [] },
  deadline: change + 20 * HOUR,
  send: (world, { preferences, ...order }) => submit(world, { ...order, preferences: { ...preferences, timezone: undefined } }),
});

/** The delivery of a customer whom the database has with a zone that the API would refuse. */
async function submitFor(world: World, timezone: string, order: Parameters<typeof submit>[1]): Promise<Submitted> {
  const { phone, body } = anOrder(world, order);
  const _id = await insertCustomer(world.db, phone, timezone, world.now());
  const { customer: _, ...rest } = body;
  const answer = await world.request('POST', '/v1/deliveries', { body: { ...rest, customer_id: _id.toHexString() } });
  if (answer.status !== 202) throw new Error(answer.text);
  return { id: String(answer.body.id), phone, body };
}

async function insertCustomer(db: Db, phone: string, timezone: string, now: Date): Promise<ObjectId> {
  const customer = newCustomer({ _id: new ObjectId(), name: 'From elsewhere', phone, preferences: { timezone } }, now);
  await db.collection('customers').insertOne(customer);
  return customer._id;
}

/** Submits every kind of delivery in each zone. */
export function submitAround(world: World, change: number, zones: readonly string[], isUnknownToo: boolean): Promise<Awaited[]> {
  const plans = [...zones.flatMap((zone) => wishesIn(zone, change)), unsaid(change), ...(isUnknownToo ? nowhere(change) : [])];
  const submitOne = async ({ name, wish, deadline, person = 'confirm', send }: Plan): Promise<Awaited> => {
    const sentAt = world.now().getTime();
    const { phone } = await send(world, {
      person,
      preferences: { timezone: wish.zones[0], preferred_times: wish.times.map(rangeText), preferred_days: wish.days },
      fields: { scheduled_time: new Date(deadline).toISOString() },
    });
    return { name, wish, phone, sentAt, acceptedAt: world.now().getTime(), deadline };
  };
  return Promise.all(plans.map(submitOne));
}

const isWakingAt = ({ zones }: Wish, at: number): boolean => zones.every((zone) => isWaking(wallClock(zone, at)));

const isWished = (wish: Wish, at: number): boolean =>
  isWakingAt(wish, at) &&
  wish.zones.every((zone) => {
    const { weekday, minute } = wallClock(zone, at);
    const isDay = wish.days.length === 0 || wish.days.includes(weekday);
    return isDay && (wish.times.length === 0 || wish.times.some((range) => inRange(range, minute)));
  });

/** The first moment in [from, deadline) that is wished for or, where there is none, a waking one: by reading the wall clock minute by minute. */
function firstMoment(wish: Wish, from: number, deadline: number): number {
  for (const isRight of [isWished, isWakingAt]) {
    for (let at = from; at < deadline; at = (Math.floor(at / MINUTE) + 1) * MINUTE) if (isRight(wish, at)) return at;
  }
  return NaN;
}

/** Whether the moment is right by Intl: wished for, or a waking one where nothing that is wished for is left. */
const isRight = ({ wish, deadline }: Awaited, at: number): boolean => at < deadline && firstMoment(wish, at, deadline) === at;

export interface Verdict {
  /** Calls that came at a wrong moment, in words. */
  outside: string[];
  /** Those who were due and were never called, or called before their first moment. */
  amiss: string[];
  /** Of first calls, after the first moment that was right; in minutes of the customers' clocks. */
  latest: number;
}

/** Judges all calls that the simulator saw. `flightMs`: what the scaled clock makes of a call's way from the last check to Twilio. */
export function judge({ simulator }: World, awaited: readonly Awaited[], flightMs: number): Verdict {
  const calls = Map.groupBy(simulator.log.entries({ kind: 'call' }), ({ to }) => String(to));
  const verdict: Verdict = { outside: [], amiss: [], latest: 0 };
  for (const one of awaited) {
    const moments = (calls.get(one.phone) ?? []).map(({ at }) => Date.parse(at));
    const tell = (at: number) => `${one.name}: called at ${new Date(at).toISOString()}`;
    verdict.outside.push(...moments.filter((at) => !isRight(one, at) && !isRight(one, at - flightMs)).map(tell));
    const [first] = moments;
    if (first === undefined) verdict.amiss.push(`${one.name}: never called`);
    else if (first < firstMoment(one.wish, one.sentAt, one.deadline)) verdict.amiss.push(`${tell(first)}, too early`);
    else verdict.latest = Math.max(verdict.latest, (first - firstMoment(one.wish, one.acceptedAt, one.deadline)) / MINUTE);
  }
  return verdict;
}
