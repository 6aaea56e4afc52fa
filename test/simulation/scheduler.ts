/** What is to happen at a moment. */
interface Event {
  at: number;
  order: number;
  what: string;
  run: () => void;
  daemon: boolean;
  cancelled: boolean;
}

export interface Scheduled {
  cancel(): void;
}

/** Virtual time: nothing happens but what is scheduled, one thing after the other, in an order that follows from the seed alone. */
export interface Scheduler {
  /** Epoch milliseconds. */
  now(): number;
  /** `daemon`: what goes on for ever by itself, such as a clock's ticks; does not count as busy. */
  after(ms: number, what: string, run: () => void, options?: { daemon?: boolean }): Scheduled;
  /** Does the next thing, and resolves when everybody it woke waits again; false when there is nothing to do. */
  step(): Promise<boolean>;
  steps(): number;
  /** How much is scheduled, daemons aside. */
  busy(): number;
}

const RESOLVED = Promise.resolve();
/** Twice as long as any chain of promises from an answer to the next question; cheaper than a turn of the event loop. */
const HOPS = 24;

/** Everybody who can go on has gone on. Should a chain be longer, the same seed still takes the same steps. */
const drained = () =>
  new Promise<void>((resolve) => {
    let left = HOPS;
    const hop = (): void => {
      left -= 1;
      if (left > 0) void RESOLVED.then(hop);
      else resolve();
    };
    hop();
  });

export function createScheduler(start: number, trace: ((line: string) => void) | undefined): Scheduler {
  const heap: Event[] = [];
  let now = start;
  let order = 0;
  let steps = 0;
  let busy = 0;
  return {
    now: () => now,
    after(ms, what, run, { daemon = false } = {}) {
      const event: Event = { at: now + Math.max(0, ms), order: (order += 1), what, run, daemon, cancelled: false };
      push(heap, event);
      busy += Number(!daemon);
      return {
        cancel() {
          if (event.cancelled) return;
          event.cancelled = true;
          busy -= Number(!daemon);
        },
      };
    },
    async step() {
      let event = pop(heap);
      while (event?.cancelled) event = pop(heap);
      if (!event) return false;
      event.cancelled = true;
      busy -= Number(!event.daemon);
      now = event.at;
      steps += 1;
      trace?.(`${new Date(now).toISOString()} #${steps} ${event.what}`);
      event.run();
      await drained();
      return true;
    },
    steps: () => steps,
    busy: () => busy,
  };
}

const isBefore = (a: Event, b: Event): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);

/** A binary heap: the earliest is first. */
function push(heap: Event[], event: Event): void {
  let place = heap.push(event) - 1;
  while (place > 0) {
    const parent = (place - 1) >> 1;
    if (!isBefore(event, heap[parent] as Event)) break;
    heap[place] = heap[parent] as Event;
    place = parent;
  }
  heap[place] = event;
}

function pop(heap: Event[]): Event | undefined {
  const first = heap[0];
  const last = heap.pop();
  if (!first || !last || heap.length === 0) return first;
  let place = 0;
  for (;;) {
    let child = 2 * place + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && isBefore(heap[child + 1] as Event, heap[child] as Event)) child += 1;
    if (!isBefore(heap[child] as Event, last)) break;
    heap[place] = heap[child] as Event;
    place = child;
  }
  heap[place] = last;
  return first;
}
