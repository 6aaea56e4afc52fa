/**
 * The guard of a view that is drawn from a call's events: one of fewer events never replaces one of more. Of as many it replaces one
 * without an outcome, since time alone may decide that (who answered was not told).
 */
export const drawnFromMore = (eventCount: number) => ({
  $or: [{ event_count: { $not: { $gte: eventCount } } }, { event_count: eventCount, outcome: { $exists: false } }],
});
