import type { Outcome } from '../vocabulary.ts';
import type { CallEvent } from './call-event.ts';
import type { Choice } from './projection.ts';

/**
 * What each key means, the strongest last. Of several keys the strongest counts and not the latest: so the answer depends on no
 * order, only ever grows stronger, and a wish never to be called is never lost.
 */
const MEANING = { '1': 'confirmed', '2': 'instructed', '3': 'reschedule_requested', '9': 'opted_out' } as const satisfies Record<
  Choice,
  Outcome
>;

/** What the customer wants. */
export type Answer = (typeof MEANING)[Choice];

const STRENGTH: readonly Choice[] = ['1', '2', '3', '9'];

export const meaningOf = (choice: Choice): Answer => MEANING[choice];

/** Keys that are not in the menu say nothing. */
export function projectChoice(events: readonly CallEvent[]): Choice | undefined {
  const pressed = new Set<unknown>(events.map((event) => (event.kind === 'choice' ? event.data.digits : undefined)));
  return STRENGTH.findLast((choice) => pressed.has(choice));
}
