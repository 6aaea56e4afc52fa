import type { Db } from 'mongodb';
import type { World } from './world.ts';

/** What a killed process's next step would throw. */
export class Killed extends Error {
  constructor() {
    super('the process was killed');
  }
}

const NO_STEPS = ['time', 'metrics'];

/**
 * The same dependencies for a process that is killed after its n-th step: that one was done, but nobody heard of it. From then on it can do
 * nothing more, as the dead do.
 */
export function killedAfter<Deps extends object>(deps: Deps, step: number) {
  let taken = 0;
  const underWay: Promise<unknown>[] = [];
  const doomed =
    (call: (...args: unknown[]) => unknown) =>
    async (...args: unknown[]): Promise<unknown> => {
      taken += 1;
      const mine = taken;
      if (mine > step) throw new Killed();
      const work = Promise.resolve(call(...args));
      underWay.push(work);
      const result = await work;
      if (mine === step) throw new Killed();
      return result;
    };
  const entries = Object.entries(deps).map(([name, part]: [string, unknown]) => {
    if (NO_STEPS.includes(name) || typeof part !== 'object' || part === null) return [name, part];
    return [
      name,
      new Proxy(part, {
        get(target, key) {
          const member: unknown = Reflect.get(target, key);
          return typeof member === 'function' ? doomed(member as never) : member;
        },
      }),
    ];
  });
  return {
    deps: Object.fromEntries(entries) as Deps,
    steps: () => taken,
    /** Resolves when nothing that was begun side by side is under way. */
    quiet: async () => void (await Promise.allSettled(underWay)),
  };
}

export interface Doomed {
  world: World;
  /** Gets the dependencies of its process. */
  work: (deps: World['deps']) => Promise<unknown>;
  /** What happens between the kill and the second run. */
  revive?: () => void;
  /** False: nobody runs it a second time. Default: true. */
  isRepeated?: boolean;
}

/**
 * Runs `work` in worlds made alike, killing it at every one of its steps in turn, then running it again undisturbed, and gives the final
 * state of each next to that of a world where nobody was killed.
 */
export async function killAtEveryStep(
  prepare: () => Promise<Doomed>,
  check: (world: World) => Promise<unknown> = async ({ db, producer }) => ({ ...(await stateOf(db)), jobs: producer.ids().toSorted() }),
): Promise<{ undisturbed: unknown; killed: { step: number; state: unknown }[] }> {
  const calm = await prepare();
  const counting = killedAfter(calm.world.deps, Infinity);
  await calm.work(counting.deps);
  const undisturbed = await check(calm.world);

  const killed: { step: number; state: unknown }[] = [];
  for (let step = 1; step <= counting.steps(); step += 1) {
    const { world, work, revive, isRepeated = true } = await prepare();
    const dying = killedAfter(world.deps, step);
    await work(dying.deps).catch((error: unknown) => {
      if (!(error instanceof Killed)) throw error;
    });
    await dying.quiet();
    revive?.();
    if (isRepeated) await work(world.deps);
    killed.push({ step, state: await check(world) });
  }
  return { undisturbed, killed };
}

/** Times of processing and counters of runs: what may differ between two ways to the same end. */
const VOLATILE = [
  'updatedAt',
  'createdAt',
  'revision',
  'processing_attempts',
  'processing_time',
  'attempts',
  'epoch',
  'claimed_at',
  'sent_at',
];

/** All documents without what may differ, by collection. */
export async function stateOf(db: Db, except: string[] = []): Promise<Record<string, unknown>> {
  const names = (await db.collections()).map(({ collectionName }) => collectionName).filter((name) => !/^(migration|controls)/.test(name));
  const entries = names.toSorted().map(async (name) => {
    const documents = await db.collection(name).find().sort({ _id: 1 }).toArray();
    return [name, documents.map((document) => without(document, [...VOLATILE, ...except]))] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

function without(value: unknown, fields: string[]): unknown {
  if (Array.isArray(value)) return value.map((entry) => without(entry, fields));
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([field]) => !fields.includes(field))
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([field, inner]: [string, unknown]) => [field, without(inner, fields)]),
  );
}
