/** The same guard as src/db/repositories/drawn-from-more.ts. */
export const drawnFromMore =
  (eventCount: number) =>
  (doc: { event_count?: number; outcome?: unknown }): boolean =>
    !((doc.event_count ?? -Infinity) >= eventCount) || (doc.event_count === eventCount && doc.outcome === undefined);
