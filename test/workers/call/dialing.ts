import { TRACE_ID } from '#test/support/makers.ts';
import { aJob, type World } from '#test/support/world.ts';
import { placeCall } from '#workers/call.ts';
import type { RunContext } from '#workers/processor.ts';

interface Controls {
  _id: string;
  enabled: boolean;
  daily_budget: number | null;
  day: string;
  used: number;
}

/** What a test of `call` does in its world, and what it looks at there. */
export function dialingIn(world: () => World) {
  /** Runs the attempt's job, with other dependencies where given. */
  const dial = (attempt: { _id: { toHexString(): string } }, context: Partial<RunContext> = {}, over: Partial<World['deps']> = {}) =>
    placeCall({ attemptId: attempt._id.toHexString(), generation: 1, traceId: TRACE_ID }, { ...world().deps, ...over }, aJob(context));
  const controls = () => world().db.collection<Controls>('controls');
  /** How much of the day's budget is used. */
  const used = async () => (await controls().findOne({ _id: 'calls' }))?.used;
  const fencedWrites = async () => (await world().deps.metrics.fencedWrites.get()).values.reduce((sum, { value }) => sum + value, 0);
  const historyOf = async (delivery: { _id: unknown }) =>
    (await world().db.collection('trackingevents').find({ delivery_id: delivery._id }).toArray()).map(({ status }) => status as string);
  return { dial, controls, used, fencedWrites, historyOf };
}
