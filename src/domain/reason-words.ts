import type { NeverReason } from './contact-rules/reasons.ts';
import type { Outcome } from './vocabulary.ts';

const NOT_REACHED = 'the customer was not reached.';

const WORDS: Partial<Record<NeverReason | Outcome, string>> = {
  hung_up: 'the customer answered and hung up.',
  canceled: 'the call was cancelled.',
  undialable: 'the phone number cannot be called.',
  retries_exhausted: 'the customer did not answer, however often we called.',
  calls_not_placed: 'our calls could not be placed.',
  channel_not_enabled: 'the customer wants no calls but messages, which are not sent yet.',
  delivery_time_passed: 'the time for a call was over.',
  no_slot_before_delivery: 'there is no permitted time for a call before the delivery.',
  opted_out: 'the customer wants no calls by us.',
};

/** Why a customer was not reached, as a sentence for the driver. */
export const reasonInWords = (reason: string | undefined): string =>
  reason !== undefined && Object.hasOwn(WORDS, reason) ? (WORDS[reason as keyof typeof WORDS] ?? NOT_REACHED) : NOT_REACHED;
