import { SECOND, type Time } from '#src/platform/time.ts';

/** A pass begins every so many real milliseconds. */
const PASS_MS = 20 * SECOND;

/** The same items, from another one on in each pass: where it is always the first ones that fail, the others are not kept waiting for ever. */
export function inTurns<Item>(items: readonly Item[], time: Time): Item[] {
  const first = Math.floor(time.now().getTime() / time.span(PASS_MS)) % Math.max(1, items.length);
  return [...items.slice(first), ...items.slice(0, first)];
}
