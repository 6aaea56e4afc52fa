import type { CallEvent } from './call-event.ts';

/**
 * The events as a set: each once, in an order that does not depend on the one they came in. What cannot be an event is left out, so
 * that nothing after this has to look twice. Events of one id are one event; of copies that differ the earliest counts.
 */
export function canonical(events: readonly CallEvent[]): CallEvent[] {
  const sorted = events.filter(isUsable).toSorted(byTime);
  return [...new Map(sorted.toReversed().map((event) => [event.id, event])).values()].toSorted(byTime);
}

function isUsable({ occurredAt, data }: CallEvent): boolean {
  return isDate(occurredAt) && typeof data === 'object' && (data as object | null) !== null;
}

/** Whether it is a moment: documents written by others may hold anything. */
export const isDate = (value: unknown): value is Date => value instanceof Date && !Number.isNaN(value.getTime());

export const compare = <Value extends number | string>(a: Value, b: Value): number => (a < b ? -1 : a > b ? 1 : 0);

function byTime(a: CallEvent, b: CallEvent): number {
  return compare(a.occurredAt.getTime(), b.occurredAt.getTime()) || byAuthority(a, b);
}

/** Callbacks before look-ups, which lag behind; the earlier callback before the later one. */
export function byAuthority(a: CallEvent, b: CallEvent): number {
  return compare(lag(a), lag(b)) || compare(a.sequence ?? Infinity, b.sequence ?? Infinity) || compare(a.id, b.id);
}

const lag = ({ kind }: CallEvent): number => (kind === 'lookup' ? 1 : 0);
