import type { Rule } from '../evidence.ts';
import { namer } from '../look-up.ts';

/** These come round by the clock, whatever the deliveries do: only a failure counts. */
const RECURRING = ['reconcile', 'metrics-rollup', 'books'];

/** Nothing lies about: no callback unapplied, no job that waits, runs, failed, or was put off except to a planned attempt's time. */
export const nothingLeftOver: Rule = (evidence) => {
  const { attempts, events, jobs } = evidence;
  const nameOf = namer(evidence);
  const byAttempt = new Map(attempts.map(({ _id, delivery_id }) => [_id.toHexString(), nameOf(delivery_id.toHexString())]));
  return [
    ...events
      .filter(({ state }) => state === 'received')
      .map(({ attempt_id, kind }) => ({
        delivery: byAttempt.get(attempt_id.toHexString()) ?? 'inbox',
        what: `a callback (${kind}) was never applied`,
      })),
    ...jobs
      // A call's delayed job is judged with the delivery's next time; one whose attempt is over finds nothing to do.
      .filter(({ queue, state }) => (RECURRING.includes(queue) ? state === 'failed' : !(queue === 'call' && state === 'delayed')))
      .map(({ queue, id, state, data }) => ({
        delivery: byAttempt.get(String(data['attemptId'])) ?? `job ${id}`,
        what: `a job of ${queue} is ${state}`,
      })),
  ];
};
