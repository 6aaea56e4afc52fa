import type { ObjectId } from 'mongodb';
import type { CallAttemptDoc } from '#src/db/models/callattempts.ts';
import { subsets, type AttemptProgress } from '#src/db/repositories/attempts/progress.ts';
import { LIVE_ATTEMPT_STATES } from '#src/domain/vocabulary.ts';
import type { Time } from '#src/platform/time.ts';
import { drawnFromMore } from '../drawn-from-more.ts';
import type { RoundTrip } from '../round-trip.ts';
import type { Store } from '../store.ts';
import { without } from '../without.ts';

const LIVE: readonly string[] = LIVE_ATTEMPT_STATES;
const UNDER_WAY: readonly string[] = ['expected', 'pending'];
const SETTLED: readonly string[] = ['stored', 'failed'];
type Guard = (doc: CallAttemptDoc) => boolean;

const planned: Guard = ({ state }) => state === 'planned';

export function memoryProgress({ attempts }: Store, time: Time, trip: RoundTrip): AttemptProgress {
  const change = (what: string, id: ObjectId, guard: Guard, by: (doc: CallAttemptDoc) => CallAttemptDoc) => {
    const at = time.now();
    return trip(`attempts.${what}`, () => attempts.update(id, guard, (doc) => ({ ...by(doc), updatedAt: at })));
  };
  const move = (what: string, id: ObjectId, guard: Guard, set: Partial<CallAttemptDoc>) =>
    change(what, id, guard, (doc) => ({ ...doc, ...set }));
  return {
    postpone: (id, dueAt, reason) => move('postpone', id, planned, { due_at: dueAt, reason }),
    belongTo: (id, customerId) => move('belongTo', id, () => true, { customer_id: customerId }),
    discard: (id) => trip('attempts.discard', () => attempts.remove(id, planned)),
    finishPlanned: (id, outcome, reason) =>
      move('finishPlanned', id, planned, { state: 'finished', outcome, reason, finished_at: time.now() }),
    async apply(id, { callSid, eventCount, set }) {
      const fromMore = drawnFromMore(eventCount);
      const takes: Guard = (doc) => {
        const { state, call_sid } = doc;
        const isIts = LIVE.includes(state) ? call_sid === undefined || call_sid === callSid : state === 'finished' && call_sid === callSid;
        return isIts && fromMore(doc);
      };
      const { follow_up, recording, ...rest } = { ...set, call_sid: callSid, event_count: eventCount };
      const mayFollow: Guard = (doc) => doc.follow_up !== 'done';
      const mayCopy: Guard = (doc) => doc.recording === undefined || !SETTLED.includes(doc.recording.state);
      const parts = [
        ...(follow_up === undefined ? [] : [{ guard: mayFollow, set: { follow_up } }]),
        ...(recording === undefined ? [] : [{ guard: mayCopy, set: { recording } }]),
      ];
      for (const some of subsets(parts)) {
        const guard: Guard = (doc) => takes(doc) && some.every((part) => part.guard(doc));
        const sets = some.map((part) => part.set);
        if (await move('apply', id, guard, Object.assign({}, rest, ...sets) as Partial<CallAttemptDoc>)) return true;
      }
      return false;
    },
    followedUp: (id) => move('followedUp', id, ({ follow_up }) => follow_up === 'due', { follow_up: 'done' }),
    requestCancel: (id) => move('requestCancel', id, ({ state }) => LIVE.includes(state), { cancel_requested: true }),
    recordingSettled: (id, state, error) =>
      change(
        'recordingSettled',
        id,
        ({ recording }) => recording !== undefined && (state === 'stored' ? [...UNDER_WAY, 'failed'] : UNDER_WAY).includes(recording.state),
        (doc) => {
          const recording = { ...doc.recording, state, ...(error === undefined ? {} : { error }) };
          return { ...doc, recording: state === 'stored' ? without(recording, ['error']) : recording };
        },
      ),
    recordingReopened: (id) =>
      change(
        'recordingReopened',
        id,
        ({ recording }) => recording?.state === 'failed',
        (doc) => ({ ...doc, recording: without({ ...doc.recording, state: 'pending' }, ['error']) }),
      ),
    nextGeneration: (id, generation) =>
      move('nextGeneration', id, (doc) => planned(doc) && doc.generation === generation, { generation: generation + 1 }),
  };
}
