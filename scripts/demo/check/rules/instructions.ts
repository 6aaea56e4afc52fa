import type { Evidence, Rule } from '../evidence.ts';
import { stories, type Story } from '../look-up.ts';

/** What the customer asked for stands once behind what the shipper wrote. */
export const instructionsOnce: Rule = (evidence) =>
  stories(evidence).flatMap((story) => {
    const { submitted, delivery } = story;
    const asked = askedFor(story, evidence);
    const expected = [submitted.shipperInstructions, ...asked].filter((text) => text !== null && text !== '').join('\n');
    const stored = delivery.package_details.special_instructions ?? '';
    return [
      ...(stored === expected ? [] : [{ delivery: submitted.externalId, what: `special_instructions are "${stored}", not "${expected}"` }]),
      ...(delivery.contact.instructions === asked.at(-1)
        ? []
        : [{ delivery: submitted.externalId, what: 'contact.instructions are not what the customer said last' }]),
    ];
  });

/** What the analyst read out of each message; the message itself where that was nothing. */
export function askedFor({ calls }: Story, { analysed }: Pick<Evidence, 'analysed'>): string[] {
  const messages = calls.flatMap(({ recordings }) => recordings.filter(({ status, text }) => status === 'completed' && text !== ''));
  return messages.map(({ text }) => analysed.findLast(({ transcript }) => transcript === text)?.instructions ?? text);
}
