import type { ObjectId } from 'mongodb';
import type { CallAttemptDoc } from '#src/db/models/callattempts.ts';
import type { CallEvent } from '#src/domain/call-events/call-event.ts';
import { TRACE_ID } from '#test/support/makers.ts';
import { aJob, type World } from '#test/support/world.ts';
import { applyCallEvent } from '#workers/call-event.ts';

/** What a test of `call-event` does in its world, or in another where one is given. */
export function tellingIn(world: () => World) {
  /** Runs the job of a filed event. */
  const run = (eventId: string, { deps }: World = world()) => applyCallEvent({ eventId, traceId: TRACE_ID }, deps, aJob());
  const file = async (event: CallEvent, attempt: CallAttemptDoc, at: World = world()): Promise<ObjectId> => {
    const known = await at.db.collection('webhookevents').findOne({ dedupe_key: event.id });
    return known ? known._id : (await at.anEvent(event, attempt))._id;
  };
  /** Files an event and runs its job, as a callback does. */
  const tell = async (event: CallEvent, attempt: CallAttemptDoc, at: World = world()) => {
    const filed = await at.deps.inbox.find((await file(event, attempt, at)).toHexString());
    return run(filed?._id.toHexString() ?? '', at);
  };
  const tellAll = async (events: CallEvent[], attempt: CallAttemptDoc): Promise<void> => {
    for (const event of events) await tell(event, attempt);
  };
  const contactOf = async (attempt: CallAttemptDoc) => (await world().deliveryNow({ _id: attempt.delivery_id })).contact;
  return { run, file, tell, tellAll, contactOf };
}

export const sidOf = (attempt: CallAttemptDoc): string => attempt.call_sid ?? '';
