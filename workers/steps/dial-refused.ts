import type { Producer } from '#queues/producer.ts';
import type { CallAttemptDoc } from '#src/db/models/callattempts.ts';
import type { AttemptClaims } from '#src/db/repositories/attempts/claims.ts';
import type { Subject } from '#src/pipeline/contact-subject.ts';
import { raiseAlert } from '#src/platform/alert.ts';
import type { Metrics } from '#src/platform/metrics.ts';
import type { Dialed } from '#src/providers/telephony.ts';
import { done, reject, skip, type Outcome } from '../outcome.ts';
import type { RunContext } from '../processor.ts';
import { closeOtherDeliveries, rememberOptOut, type OptOutDeps } from './opt-out.ts';
import { refuseContact, type RefuseDeps } from './refuse-contact.ts';

export type DialRefusedDeps = OptOutDeps &
  RefuseDeps & {
    attempts: Pick<AttemptClaims, 'rejected' | 'unclaim'>;
    producer: Pick<Producer, 'enqueue'>;
    metrics: Metrics;
  };

type Refused = Extract<Dialed, { kind: 'refused' }>;

/** Twilio refuses the call: no phone has rung, and none will by this request. What the code says decides what follows. */
export async function dialRefused(
  { code, action }: Refused,
  attempt: CallAttemptDoc,
  epoch: number,
  subject: Subject,
  deps: DialRefusedDeps,
  log: RunContext['log'],
): Promise<Outcome> {
  if (action === 'permanent-policy' || action === 'unlisted') raiseAlert({ log, metrics: deps.metrics }, 'calls_refused', { code });
  switch (action) {
    case 'unlisted':
      if (!(await deps.attempts.unclaim(attempt._id, epoch))) return fenced('unclaim', deps);
      return reject(`twilio refuses the call with code ${code}, of which we do not know what it says`);
    case 'opted-out':
      await rememberOptOut(attempt, deps);
      if (!(await deps.attempts.unclaim(attempt._id, epoch))) return fenced('unclaim', deps);
      await closeOtherDeliveries(attempt, subject, deps);
      await refuseContact(attempt, subject, 'opted_out', deps);
      return done();
    case 'permanent-number':
    case 'permanent-policy':
      if (!(await deps.attempts.rejected(attempt._id, epoch, 'undialable', String(code)))) return fenced('rejected', deps);
      await deps.producer.enqueue('retry', { attemptId: attempt._id.toHexString(), traceId: attempt.trace_id });
      return done();
  }
}

function fenced(write: string, { metrics }: DialRefusedDeps): Outcome {
  metrics.fencedWrites.inc({ write });
  return skip('moved on meanwhile');
}
