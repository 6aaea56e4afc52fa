import type { AlertName } from './alert-names.ts';
import type { Logger } from './logger.ts';
import type { Metrics } from './metrics.ts';

/** Tells the operator: one counter that a rule watches (`alerts_total`), and one line in the log that says where. `details` holds ids only (P8). */
export function raiseAlert(
  { log, metrics }: { log: Pick<Logger, 'error'>; metrics: Pick<Metrics, 'alerts'> },
  alert: AlertName,
  details: Readonly<Record<string, unknown>> = {},
): void {
  metrics.alerts.inc({ alert });
  log.error({ ...details, alert }, 'an operator must look');
}
