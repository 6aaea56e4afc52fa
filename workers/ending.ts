import type { Outcome } from './outcome.ts';

/** How a run is counted: its outcome, what became of the error that it threw, or why there was none. */
export type Ending =
  | Outcome['kind']
  | 'retried'
  | 'failed'
  | 'failed_again'
  | 'postponed'
  | 'rate_limited'
  | 'paused'
  | 'stopped'
  | 'parked'
  | 'queued_up'
  | 'quarantined';
