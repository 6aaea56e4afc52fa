/** Everything that an operator must be woken for. docs/operating.md says for each what to do. */
export const ALERTS = [
  'calls_refused',
  'push_keys_refused',
  'poisoned_job',
  'queue_paused',
  'call_books_difference',
  'redis_refuses_writes',
  'unknown_payload_version',
  'process_blocked',
] as const;

export type AlertName = (typeof ALERTS)[number];
