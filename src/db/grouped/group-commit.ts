export interface GroupCommit<Item, Result> {
  /** Joins the next group; resolves or rejects with this caller's own result. */
  submit(item: Item): Promise<Result>;
  /** Resolves when nothing is under way. */
  idle(): Promise<void>;
}

/** One caller's share of a flush. */
export type Settled<Result> = { ok: true; value: Result } | { ok: false; error: unknown };

/** The database does not keep up: this caller's work was not begun. */
export class GroupFull extends Error {
  constructor() {
    super('too much is waiting for the database');
    this.name = 'GroupFull';
  }
}

interface Waiting<Item, Result> {
  item: Item;
  resolve: (value: Result) => void;
  reject: (error: unknown) => void;
}

/**
 * Callers that meet share one round trip: what arrives while a flush is under way goes with the next one. There is no timer,
 * so a lone caller waits for nobody. `flush` answers for each item by itself, in order; if it throws, the whole group gets that error.
 */
export function createGroupCommit<Item, Result>(
  flush: (items: Item[]) => Promise<Settled<Result>[]>,
  { maxInFlight = 2, maxItems = 200, maxWaiting = 20_000 } = {},
): GroupCommit<Item, Result> {
  const queue: Waiting<Item, Result>[] = [];
  const idlers: (() => void)[] = [];
  let inFlight = 0;
  let wake: NodeJS.Immediate | undefined;

  const run = async (group: Waiting<Item, Result>[]): Promise<void> => {
    try {
      const results = await flush(group.map(({ item }) => item));
      group.forEach(({ resolve, reject }, index) => {
        const result = results[index];
        if (!result) reject(new Error('the group was answered without this item'));
        else if (result.ok) resolve(result.value);
        else reject(result.error);
      });
    } catch (error) {
      for (const { reject } of group) reject(error);
    }
  };

  const pump = (): void => {
    while (inFlight < maxInFlight && queue.length > 0) {
      inFlight += 1;
      void run(queue.splice(0, maxItems)).finally(() => {
        inFlight -= 1;
        pump();
        if (inFlight === 0) for (const tell of idlers.splice(0)) tell();
      });
    }
  };

  const start = (): void => {
    wake = undefined;
    pump();
  };

  return {
    submit: (item) =>
      new Promise((resolve, reject) => {
        if (queue.length >= maxWaiting) throw new GroupFull();
        queue.push({ item, resolve, reject });
        // Whoever is read from a socket in this pass of the event loop shares the first group as well. It is no timer: a lone caller goes at once.
        wake ??= setImmediate(start);
      }),
    idle: () => (inFlight === 0 && queue.length === 0 ? Promise.resolve() : new Promise((resolve) => idlers.push(resolve))),
  };
}
