import type { Db, ObjectId } from 'mongodb';
import { LIVE_ATTEMPT_STATES, type Outcome, type RecordingState } from '#src/domain/vocabulary.ts';
import { groupedUpdate } from '#src/db/grouped/update.ts';
import type { CallAttemptDoc } from '#src/db/models/callattempts.ts';
import type { Time } from '#src/platform/time.ts';
import { drawnFromMore } from '../drawn-from-more.ts';

export interface CallProgress {
  callSid: string;
  /** How many events this view of the call is drawn from: a view of fewer never replaces one of more. */
  eventCount: number;
  set: Partial<CallAttemptDoc>;
}

export interface AttemptProgress {
  /** Moves a planned attempt to a later time. */
  postpone(id: ObjectId, dueAt: Date, reason: string): Promise<boolean>;
  /** Gives the attempt to the customer whom its phone number has. */
  belongTo(id: ObjectId, customerId: ObjectId): Promise<boolean>;
  /** Removes a planned attempt of a delivery that does not exist: should that be born after all, it is planned anew. */
  discard(id: ObjectId): Promise<void>;
  /** Closes an attempt that was never dialed. */
  finishPlanned(id: ObjectId, outcome: Outcome, reason: string): Promise<boolean>;
  /** Takes over what the call's events say, from any state in which a call may be under way; binds the call SID. A follow-up that is done stays so, as does a recording that is stored or given up. */
  apply(id: ObjectId, progress: CallProgress): Promise<boolean>;
  /** The retry that followed was planned or given up. */
  followedUp(id: ObjectId): Promise<boolean>;
  /** Asks whoever holds the attempt to end the call; returns false when no call is or may be under way. */
  requestCancel(id: ObjectId): Promise<boolean>;
  /** `stored` also where another run has given up meanwhile: it is there. */
  recordingSettled(id: ObjectId, state: 'stored' | 'absent' | 'failed', error?: string): Promise<boolean>;
  /** Takes up a recording that was given up, for an operator who replays its job. */
  recordingReopened(id: ObjectId): Promise<boolean>;
  /** Opens the next generation of the attempt's job id, since BullMQ still keeps the last one as finished. */
  nextGeneration(id: ObjectId, generation: number): Promise<boolean>;
}

/** A recording of which something is to come. */
const UNDER_WAY: RecordingState[] = ['expected', 'pending'];

const SETTLED: RecordingState[] = ['stored', 'failed'];

/** The ledger's moves outside the dial. Each is one guarded write; false means that the attempt had moved on. */
export function createAttemptProgress(db: Db, time: Time): AttemptProgress {
  const attempts = db.collection<CallAttemptDoc>('callattempts');
  const update = groupedUpdate<CallAttemptDoc>(attempts);
  const move = (_id: ObjectId, guard: object, set: Partial<CallAttemptDoc>) =>
    update({ _id, guard, update: { $set: { ...set, updatedAt: time.now() } } });
  return {
    postpone: (id, dueAt, reason) => move(id, { state: 'planned' }, { due_at: dueAt, reason }),
    belongTo: (id, customerId) => move(id, {}, { customer_id: customerId }),
    discard: async (id) => {
      await attempts.deleteOne({ _id: id, state: 'planned' });
    },
    finishPlanned: (id, outcome, reason) => move(id, { state: 'planned' }, { state: 'finished', outcome, reason, finished_at: time.now() }),
    async apply(id, { callSid, eventCount, set }) {
      // Without a SID yet, the first event binds it; an attempt never changes its call.
      const guard = {
        $or: [
          { state: { $in: LIVE_ATTEMPT_STATES }, call_sid: { $in: [null, callSid] } },
          { state: 'finished', call_sid: callSid },
        ],
        $and: [drawnFromMore(eventCount)],
      };
      const { follow_up, recording, ...rest } = { ...set, call_sid: callSid, event_count: eventCount };
      // Whoever drew this view may have read the attempt before its retry was decided, or its recording settled: neither is done twice.
      const parts = [
        ...(follow_up === undefined ? [] : [{ guard: { follow_up: { $ne: 'done' } }, set: { follow_up } }]),
        ...(recording === undefined ? [] : [{ guard: { 'recording.state': { $nin: SETTLED } }, set: { recording } }]),
      ];
      for (const some of subsets(parts)) {
        const guards = some.map((part) => part.guard);
        const sets = some.map((part) => part.set);
        if (await move(id, Object.assign({}, guard, ...guards) as object, Object.assign({}, rest, ...sets) as Partial<CallAttemptDoc>))
          return true;
      }
      return false;
    },
    followedUp: (id) => move(id, { follow_up: 'due' }, { follow_up: 'done' }),
    requestCancel: (id) => move(id, { state: { $in: LIVE_ATTEMPT_STATES } }, { cancel_requested: true }),
    recordingSettled: (id, state, error) =>
      update({
        _id: id,
        guard: { 'recording.state': { $in: state === 'stored' ? [...UNDER_WAY, 'failed'] : UNDER_WAY } },
        update: {
          $set: {
            'recording.state': state,
            ...(error === undefined || state === 'stored' ? {} : { 'recording.error': error }),
            updatedAt: time.now(),
          },
          ...(state === 'stored' ? { $unset: { 'recording.error': '' } } : {}),
        },
      }),
    recordingReopened: (id) =>
      update({
        _id: id,
        guard: { 'recording.state': 'failed' },
        update: { $set: { 'recording.state': 'pending', updatedAt: time.now() }, $unset: { 'recording.error': '' } },
      }),
    nextGeneration: (id, generation) => move(id, { state: 'planned', generation }, { generation: generation + 1 }),
  };
}

/** All subsets, the whole one first and the empty one last. */
export function subsets<Item>(items: readonly Item[]): Item[][] {
  return items.reduceRight<Item[][]>((some, item) => [...some.map((rest) => [item, ...rest]), ...some], [[]]);
}
