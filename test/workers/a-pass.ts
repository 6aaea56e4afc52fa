import { TRACE_ID } from '#test/support/makers.ts';
import { aJob, type World } from '#test/support/world.ts';
import { applyCallEvent } from '#workers/call-event.ts';
import { runReconcile } from '#workers/reconcile.ts';

/** What a test of reconcile does in its world: passes of it, now and later, and the jobs of the events that they file. */
export function passesIn(world: () => World) {
  /** One pass, with other dependencies where given. */
  const reconcile = (over: Partial<World['deps']> = {}) =>
    runReconcile({ tick: 1, traceId: TRACE_ID }, { ...world().deps, ...over }, aJob());
  /** One pass when so many milliseconds have passed. */
  const later = async (ms: number): Promise<void> => {
    world().time.advance(ms);
    await reconcile();
  };
  /** Runs the jobs of the events that are waiting. */
  const applyEvents = async (): Promise<void> => {
    for (const { payload } of world().producer.jobs.filter(({ name }) => name === 'call-event')) {
      await applyCallEvent({ eventId: String(payload['eventId']), traceId: TRACE_ID }, world().deps, aJob());
    }
  };
  return { reconcile, later, applyEvents };
}

export const hex = ({ _id }: { _id: { toHexString(): string } }): string => _id.toHexString();
