/** How often something happened, by its name: tells what a run has covered. */
export type Counts = Record<string, number>;

export interface Counter {
  readonly counts: Counts;
  add(what: string, times?: number): void;
}

export function createCounter(): Counter {
  const counts: Counts = {};
  return { counts, add: (what, times = 1) => void (counts[what] = (counts[what] ?? 0) + times) };
}

export function addCounts(total: Counts, more: Counts): void {
  for (const [what, times] of Object.entries(more)) total[what] = (total[what] ?? 0) + times;
}
