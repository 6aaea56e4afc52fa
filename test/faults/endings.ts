import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { queueNames } from '#queues/catalogue.ts';
import type { World } from '#test/support/stack.ts';
import { faultsInTheBooks, unfinished } from '#test/stories/account.ts';
import type { Order, Submitted } from '#test/stories/submit.ts';

/** People who each take another way through the pipeline, and what the books must say in the end: the delivery's ending, calls, pushes. */
const people = [
  { person: 'confirm', state: 'confirmed', calls: 1 },
  { person: { scenario: 'instructions', say: 'The gate code is 4711, then take the lift.' }, state: 'instructed', calls: 1 },
  { person: 'busy,confirm', state: 'confirmed', calls: 2 },
  { person: 'never-again', state: 'opted_out', calls: 1 },
  { person: 'hang-up', state: 'unreachable', calls: 1 },
] as const satisfies (Order & { state: string; calls: number })[];

export const mixed = (index: number): Order => ({ person: personOf(index).person });
const personOf = (index: number) => people[index % people.length] as (typeof people)[number];

/** Waits until nothing is undone. Resolves with the seconds that it took, and with what is still undone and why, if there is any. */
export async function untilAllHasEnded(world: World, timeoutMs: number): Promise<{ seconds: number; undone: string[] }> {
  const began = performance.now();
  for (;;) {
    const undone = await unfinished(world).catch((error: unknown) => [String(error)]);
    const seconds = (performance.now() - began) / 1000;
    if (undone.length === 0) return { seconds, undone };
    if (seconds * 1000 > timeoutMs) return { seconds, undone: [...undone, ...(await heldBy(world))] };
    await delay(250);
  }
}

/** What holds it up: jobs that failed for good, and the processes' last complaints. */
const heldBy = async (world: World): Promise<string[]> => [...(await failedJobs(world)), ...world.complaints.slice(-10)];

/** The jobs that failed for good, in words: nothing but an operator brings them back. */
export async function failedJobs({ queue }: World): Promise<string[]> {
  const failed = (await Promise.all(queueNames.map((name) => queue(name).getFailed()))).flat();
  return failed.map(({ id, failedReason }) => `job ${id} failed: ${failedReason}`);
}

/** Numbers that were told that something went wrong on our side, while MongoDB did not answer: what their owners wanted to say is not known. */
export const apologised = ({ simulator }: World): Set<string> =>
  new Set(
    simulator.log
      .entries({ kind: 'heard' })
      .filter(({ text }) => String(text).includes('something went wrong'))
      .map(({ to }) => String(to)),
  );

/** What is wrong in the end, in words: with the calls, and with each delivery that does not have the ending, the calls and the one push that its person makes. */
export async function wrongEndings(world: World, orders: readonly Submitted[]): Promise<string[]> {
  const { db, simulator } = world;
  const rows = await db
    .collection('deliveries')
    .find({ external_id: /^steady / })
    .toArray();
  const byId = new Map(rows.map((row) => [String(row._id), row]));
  const calls = Map.groupBy(simulator.log.entries({ kind: 'call' }), ({ to }) => String(to));
  const pushes = Map.groupBy(simulator.log.entries({ kind: 'push' }), ({ payload }) => (payload as Push).data.delivery_id);
  const cutShort = apologised(world);
  const wrong = orders.flatMap(({ id, phone, body }) => {
    const person = personOf(indexOf(body));
    const expected = { state: person.state, calls: person.calls, pushes: 1 };
    const state = String(byId.get(id)?.['contact']?.state ?? 'lost');
    const actual = { state, calls: calls.get(phone)?.length ?? 0, pushes: pushes.get(id)?.length ?? 0 };
    const excused = cutShort.has(phone) && actual.state === 'unreachable' && actual.calls <= expected.calls && actual.pushes === 1;
    return excused || isDeepStrictEqual(actual, expected)
      ? []
      : [
          `delivery ${id}: ${JSON.stringify({ actual, expected, pushed: pushes.get(id)?.map(({ realAt, payload }) => [realAt, payload]) })}`,
        ];
  });
  const extra = rows.length - orders.length;
  return [...(await faultsInTheBooks(world)), ...wrong, ...(extra === 0 ? [] : [`${extra} deliveries more than orders`])];
}

interface Push {
  data: { delivery_id: string };
}

const indexOf = (body: Record<string, unknown>): number => Number(/\d+$/.exec(String(body['external_id']))?.[0] ?? 0);
