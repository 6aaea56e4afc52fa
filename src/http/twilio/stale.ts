import type { CallAttemptDoc } from '#src/db/models/callattempts.ts';
import { problem, type HttpProblem } from '#src/http/problems/http-problem.ts';
import type { Metrics } from '#src/platform/metrics.ts';
import { HOUR, type Time } from '#src/platform/time.ts';

export interface StaleDeps {
  metrics: Pick<Metrics, 'callbacksRefused'>;
  time: Pick<Time, 'now' | 'span'>;
}

/**
 * Twilio's last try of a callback comes 15 s after the first, so what is told later than this, in real milliseconds, is told by somebody
 * else: a signature has no time in it, and a request that was overheard stays rightly signed for ever.
 */
const STALE_MS = HOUR;

/** Throws 403, counted, where Twilio says when it happened and that was not lately. */
export function refuseOldNews(happenedAt: Date | undefined, { metrics, time }: StaleDeps): void {
  if (happenedAt && Math.abs(time.now().getTime() - happenedAt.getTime()) > time.span(STALE_MS)) throw stale(metrics);
}

/** Throws 403, counted, for an attempt that has been over for long. What Twilio had to tell of its call is told, or was looked up. */
export function refuseLongOver({ finished_at }: Pick<CallAttemptDoc, 'finished_at'>, { metrics, time }: StaleDeps): void {
  if (finished_at && time.now().getTime() - finished_at.getTime() > time.span(STALE_MS)) throw stale(metrics);
}

function stale(metrics: StaleDeps['metrics']): HttpProblem {
  metrics.callbacksRefused.inc({ reason: 'stale' });
  return problem({ status: 403, type: 'callback-stale', title: 'The callback was refused' });
}
