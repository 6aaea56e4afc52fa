import { beforeAll, expect, it } from 'vitest';
import { newAttempt } from '#src/db/documents/attempt.ts';
import type { CallAttemptDoc } from '#src/db/models/callattempts.ts';
import { deterministicId } from '#src/db/deterministic-id.ts';
import { ATTEMPT_STATES, type AttemptState } from '#src/domain/vocabulary.ts';
import { setup, type World } from '#test/support/world.ts';
import { moves, states } from './moves.ts';

let world: World;
beforeAll(async () => {
  world = await setup();
});

type Attempts = World['deps']['attempts'];
type Do = (attempts: Attempts, attempt: CallAttemptDoc) => Promise<unknown>;

const EPOCH = 1;
let made = 0;

/** What becomes of an attempt that stands so, when this is done to it: its state afterwards. */
async function after(state: AttemptState, act: Do, over: Partial<CallAttemptDoc> = {}): Promise<AttemptState | 'removed'> {
  const _id = deterministicId('transition', (made += 1));
  const now = world.time.now();
  const attempt = newAttempt(
    {
      _id,
      delivery_id: _id,
      customer_id: _id,
      number: 1,
      to_number: `+1${made}`,
      due_at: now,
      trace_id: 't',
      state,
      epoch: EPOCH,
      lookups: { count: 1, empty: 1 },
      ...over,
    },
    now,
  );
  await world.db.collection<CallAttemptDoc>('callattempts').insertOne(attempt);
  await act(world.deps.attempts, attempt);
  return (await world.deps.attempts.find(_id.toHexString()))?.state ?? 'removed';
}

const sidOf = ({ to_number }: CallAttemptDoc) => `CA${to_number}`;
const applied =
  (state: AttemptState): Do =>
  (attempts, attempt) =>
    attempts.apply(attempt._id, { callSid: sidOf(attempt), eventCount: 1, set: { state } });

/** The repository's functions that move an attempt, as a run would call them that holds the attempt as it stands. */
const moving: Record<string, Do[]> = {
  claim: [(attempts, attempt) => attempts.claim(attempt)],
  unclaim: [(attempts, { _id }) => attempts.unclaim(_id, EPOCH)],
  submitted: [(attempts, attempt) => attempts.submitted(attempt._id, EPOCH, sidOf(attempt))],
  rejected: [(attempts, { _id }) => attempts.rejected(_id, EPOCH, 'undialable', '21211')],
  unknown: [(attempts, { _id }) => attempts.unknown(_id, EPOCH)],
  lookedUpInVain: [(attempts, attempt) => attempts.lookedUpInVain(attempt)],
  apply: [applied('submitted'), applied('in_progress'), applied('finished')],
  finishPlanned: [(attempts, { _id }) => attempts.finishPlanned(_id, 'not_permitted', 'a reason')],
};

/** Those that leave its state alone, or only read. `discard` removes what was never dialed. */
const resting: Record<string, Do> = {
  find: (attempts, { _id }) => attempts.find(_id.toHexString()),
  ofDelivery: (attempts, { delivery_id }) => attempts.ofDelivery(delivery_id),
  insert: (attempts, attempt) => attempts.insert({ ...attempt, state: 'planned' }),
  obstacle: (attempts, attempt) => attempts.obstacle(attempt),
  postpone: (attempts, { _id, due_at }) => attempts.postpone(_id, due_at, 'a reason'),
  followedUp: (attempts, { _id }) => attempts.followedUp(_id),
  requestCancel: (attempts, { _id }) => attempts.requestCancel(_id),
  belongTo: (attempts, { _id, customer_id }) => attempts.belongTo(_id, customer_id),
  recordingSettled: (attempts, { _id }) => attempts.recordingSettled(_id, 'stored'),
  recordingReopened: (attempts, { _id }) => attempts.recordingReopened(_id),
  nextGeneration: (attempts, { _id, generation }) => attempts.nextGeneration(_id, generation),
  lookedUp: (attempts, attempt) => attempts.lookedUp(attempt),
};

it('the model knows the states of the ledger and no others', () => {
  expect(states).toEqual([...ATTEMPT_STATES]);
});

it('the model has every function of the repositories that moves an attempt', () => {
  expect(moves.map(({ name }) => name).toSorted()).toEqual(Object.keys(moving).toSorted());
  expect(Object.keys(world.deps.attempts).toSorted()).toEqual([...Object.keys(moving), ...Object.keys(resting), 'discard'].toSorted());
});

it.each(moves)('$name moves an attempt in MongoDB from and to where it does in the model', async ({ name, from, to }) => {
  const reached = new Set<string>();
  const left: string[] = [];
  for (const state of ATTEMPT_STATES) {
    const ends = await Promise.all((moving[name] ?? []).map((act) => after(state, act)));
    const moved = ends.filter((end) => end !== state);
    if (moved.length > 0) left.push(state);
    moved.forEach((end) => reached.add(end));
  }
  expect(left.toSorted()).toEqual(from.toSorted());
  expect([...reached].toSorted()).toEqual(to.toSorted());
});

it.each(Object.keys(resting))('%s leaves the state of an attempt alone', async (name) => {
  for (const state of ATTEMPT_STATES) expect(await after(state, resting[name] as Do)).toBe(state);
});

it('only what was never dialed is removed', async () => {
  const removed = [];
  for (const state of ATTEMPT_STATES) {
    if ((await after(state, (attempts, { _id }) => attempts.discard(_id))) === 'removed') removed.push(state);
  }
  expect(removed).toEqual(['planned']);
});

it.each(['unclaim', 'submitted', 'rejected', 'unknown', 'lookedUpInVain', 'claim'])(
  '%s by a run whose epoch has passed moves nothing',
  async (name) => {
    for (const state of ATTEMPT_STATES) {
      const stale: Do = async (attempts, attempt) => {
        await world.db.collection('callattempts').updateOne({ _id: attempt._id }, { $set: { epoch: EPOCH + 1 } });
        await Promise.all((moving[name] ?? []).map((act) => act(attempts, attempt)));
      };
      expect(await after(state, stale)).toBe(state);
    }
  },
);

it('the events of another call, or fewer than it is drawn from, move nothing', async () => {
  for (const state of ATTEMPT_STATES) {
    expect(await after(state, applied('finished'), { call_sid: `CAother${made}` })).toBe(state);
    expect(await after(state, applied('finished'), { event_count: 2, outcome: 'busy' })).toBe(state);
  }
});

it('one empty look-up moves nothing', async () => {
  const lookUp: Do = (attempts, attempt) => attempts.lookedUpInVain(attempt);
  expect(await after('unknown', lookUp, { lookups: { count: 0, empty: 0 } })).toBe('unknown');
});
