/** The pipeline's words, as a reader says them. */
const WORDS: Readonly<Record<string, string>> = {
  confirmed: 'confirmed',
  instructed: 'left a message',
  reschedule_requested: 'another time',
  opted_out: 'never again',
  hung_up: 'hung up',
  no_answer: 'no answer',
  canceled: 'call ended by us',
  undialable: 'wrong number',
  not_placed: 'not placed',
  quiet_hours: 'it is night there',
  preferred_days: 'wants another day',
  preferred_times: 'wants another hour',
  channel_not_enabled: 'wants no calls, only messages',
  retries_exhausted: 'not reached, given up',
  calls_not_placed: 'calls could not be placed',
  no_slot_before_delivery: 'no hour left before the delivery',
  delivery_time_passed: 'the delivery was due',
};

export const inWords = (word: string): string => WORDS[word] ?? word.replaceAll('_', ' ');
