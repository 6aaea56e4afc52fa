import { ObjectId } from 'mongodb';
import type { Producer } from '#queues/producer.ts';
import type { CallAttemptDoc } from '#src/db/models/callattempts.ts';
import type { Repositories } from '#src/db/repositories/repositories.ts';
import type { CallEvent } from '#src/domain/call-events/call-event.ts';
import { problem } from '#src/http/problems/http-problem.ts';
import { enqueueEvent, fileEvent } from '#src/pipeline/file-event.ts';
import type { Metrics } from '#src/platform/metrics.ts';
import type { Time } from '#src/platform/time.ts';
import { refuseLongOver } from './stale.ts';

export interface FileCallbackDeps extends Pick<Repositories, 'attempts' | 'inbox'> {
  producer: Pick<Producer, 'enqueue'>;
  metrics: Metrics;
  time: Time;
}

/** The attempt that a callback speaks of. Throws 404, counted, for none of ours, and 403 for one that has been over for long. */
export async function attemptOf(
  attemptId: string,
  { attempts, metrics, time }: Pick<FileCallbackDeps, 'attempts' | 'metrics' | 'time'>,
): Promise<CallAttemptDoc> {
  const attempt = ObjectId.isValid(attemptId) ? await attempts.find(attemptId) : null;
  if (attempt) {
    refuseLongOver(attempt, { metrics, time });
    return attempt;
  }
  metrics.callbacksRefused.inc({ reason: 'attempt' });
  throw problem({ status: 404, type: 'callback-attempt', title: 'The callback was refused' });
}

/** Files the event durably, once, and has it enqueued. */
export async function fileCallback(event: CallEvent, attempt: CallAttemptDoc, deps: FileCallbackDeps): Promise<void> {
  const { eventId, filed } = await fileEvent(event, attempt._id, attempt.trace_id, deps.time.now(), deps);
  if (filed === 'inserted') deps.metrics.callbacks.inc({ kind: event.kind });
  await enqueueEvent(eventId, attempt.trace_id, deps.producer);
}
