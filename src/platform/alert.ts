import type { Logger } from './logger.ts';
import type { Metrics } from './metrics.ts';

/** Everything that an operator must be woken for. docs/operating.md says for each what to do. */
export type AlertName =
  | 'calls_refused'
  | 'push_keys_refused'
  | 'poisoned_job'
  | 'queue_paused'
  | 'call_books_difference'
  | 'redis_refuses_writes'
  | 'unknown_payload_version'
  | 'process_blocked';

/** Tells the operator: one counter that a rule watches (`alerts_total`), and one line in the log that says where. `details` holds ids only (P8). */
export function raiseAlert(
  { log, metrics }: { log: Pick<Logger, 'error'>; metrics: Pick<Metrics, 'alerts'> },
  alert: AlertName,
  details: Readonly<Record<string, unknown>> = {},
): void {
  metrics.alerts.inc({ alert });
  log.error({ ...details, alert }, 'an operator must look');
}
