import type { CallAttemptDoc } from '#src/db/models/callattempts.ts';
import { LIVE_ATTEMPT_STATES } from '#src/domain/vocabulary.ts';
import type { Store } from '#test/support/memory/store.ts';
import type { Actor } from './actor.ts';
import type { SimDeps } from './process.ts';

/** A rule that is broken on purpose, to see that the simulation finds it. */
export interface Mutant {
  /** A unique index that is not there. */
  withoutIndex?: string;
  deps?: (deps: SimDeps, actor: Actor, store: Store) => SimDeps;
}

const LIVE: readonly string[] = LIVE_ATTEMPT_STATES;

/** Every one of them has cost somebody a call, somewhere. */
export const mutants = {
  'the claim ignores the state': {
    deps: (deps, { time, database }, { attempts }) => ({
      ...deps,
      attempts: {
        ...deps.attempts,
        async claim({ _id, epoch }) {
          const claimedAt = time.now();
          const free = await database('attempts.claim', () => {
            const { to_number } = attempts.get(_id) as CallAttemptDoc;
            const live = attempts.filter((doc) => doc.to_number === to_number && LIVE.includes(doc.state) && !doc._id.equals(_id));
            return (
              live.length === 0 &&
              attempts.update(
                _id,
                () => true,
                (doc) => ({ ...doc, state: 'submitting', epoch: epoch + 1, claimed_at: claimedAt }),
              )
            );
          });
          return free ? { kind: 'claimed', epoch: epoch + 1, claimedAt } : { kind: 'phone-busy' };
        },
      },
    }),
  },
  'writes after the dial ignore the epoch and the state': {
    deps: (deps, { database }, { attempts }) => {
      const move = (id: CallAttemptDoc['_id'], set: Partial<CallAttemptDoc>) =>
        database('attempts.move', () =>
          attempts.update(
            id,
            () => true,
            (doc) => ({ ...doc, ...set }),
          ),
        );
      return {
        ...deps,
        attempts: {
          ...deps.attempts,
          unclaim: (id) => move(id, { state: 'planned' }),
          unknown: (id) => move(id, { state: 'unknown', unknown_at: deps.time.now() }),
          submitted: (id, _epoch, call_sid) => move(id, { state: 'submitted', call_sid, submitted_at: deps.time.now() }),
        },
      };
    },
  },
  'an unknown dial is dialed again': {
    deps: (deps, _actor, _store) => ({
      ...deps,
      telephony: {
        ...deps.telephony,
        async dial(request, signal) {
          const dialed = await deps.telephony.dial(request, signal);
          return dialed.kind === 'unknown' ? { kind: 'not-sent', error: dialed.error } : dialed;
        },
      },
    }),
  },
  'two contacts of one phone may be live': { withoutIndex: 'live_contact' },
  'one empty look-up is proof enough': {
    deps: (deps, { time, database }, { attempts }) => ({
      ...deps,
      attempts: {
        ...deps.attempts,
        lookedUpInVain: ({ _id, epoch }) =>
          database('attempts.lookedUpInVain', () =>
            attempts.update(
              _id,
              (doc) => doc.state === 'unknown' && doc.epoch === epoch,
              (doc) => ({
                ...doc,
                state: 'not_placed',
                outcome: 'not_placed',
                finished_at: time.now(),
                updatedAt: time.now(),
                follow_up: 'due',
              }),
            ),
          ),
      },
    }),
  },
  'what was not placed counts as a try': {
    deps: (deps) => ({
      ...deps,
      attempts: {
        ...deps.attempts,
        insert: ({ not_placed_before: _forgotten, ...attempt }) => deps.attempts.insert(attempt),
      },
    }),
  },
  'nothing is read again after the claim': {
    deps: (deps) => {
      const known = new Map<string, unknown>();
      const claimed = new Set<string>();
      /** What was read before the claim, once after it. */
      const stale = async <Result>(key: string, read: () => Promise<Result>): Promise<Result> => {
        if (claimed.delete(key)) return known.get(key) as Result;
        const result = await read();
        known.set(key, result);
        return result;
      };
      return {
        ...deps,
        attempts: {
          ...deps.attempts,
          async claim(attempt) {
            const claim = await deps.attempts.claim(attempt);
            const { delivery_id, to_number } = attempt as CallAttemptDoc;
            if (claim.kind === 'claimed') claimed.add(delivery_id.toHexString()).add(to_number);
            return claim;
          },
        },
        deliveries: { ...deps.deliveries, find: (id) => stale(id.toHexString(), () => deps.deliveries.find(id)) },
        optOuts: { ...deps.optOuts, has: (phone) => stale(phone, () => deps.optOuts.has(phone)) },
      };
    },
  },
  'a view of fewer events replaces one of more': {
    deps: (deps, { time, database }, { attempts }) => ({
      ...deps,
      attempts: {
        ...deps.attempts,
        apply: (id, { callSid, eventCount, set }) =>
          database('attempts.apply', () =>
            attempts.update(
              id,
              () => true,
              (doc) => ({ ...doc, ...set, call_sid: callSid, event_count: eventCount, updatedAt: time.now() }),
            ),
          ),
      },
    }),
  },
  'the follow-up is closed before it is done': {
    deps: (deps) => ({
      ...deps,
      attempts: {
        ...deps.attempts,
        async find(id) {
          const attempt = await deps.attempts.find(id);
          if (attempt?.follow_up === 'due') await deps.attempts.followedUp(attempt._id);
          return attempt;
        },
      },
    }),
  },
  'a cancellation is seen through by its own request alone': {
    deps: (deps) => ({ ...deps, walks: { ...deps.walks, cancellations: async function* () {} } }),
  },
  'a late run hides when the planned retry is due': {
    deps: (deps) => ({
      ...deps,
      deliveries: { ...deps.deliveries, moveContact: (id, { unlessAfter: _ignored, ...move }) => deps.deliveries.moveContact(id, move) },
    }),
  },
  'a late run counts the retries anew': {
    deps: (deps, _actor, { deliveries }) => ({
      ...deps,
      deliveries: {
        ...deps.deliveries,
        async moveContact(id, move) {
          const moved = await deps.deliveries.moveContact(id, move);
          const { retries } = move;
          if (moved && retries !== undefined)
            deliveries.update(
              id,
              () => true,
              (doc) => ({ ...doc, retry_count: retries }),
            );
          return moved;
        },
      },
    }),
  },
  'what failed before Redis was emptied is forgotten': {
    deps: (deps) => ({ ...deps, producer: { ...deps.producer, enqueueFailed: async () => undefined } }),
  },
  'a push is sent however old its claim is': {
    deps: ({ push, ...deps }) => ({
      ...deps,
      push: { send: (subscription, message, { mayStart: _, ...options }, signal) => push.send(subscription, message, options, signal) },
    }),
  },
  'a recording is uploaded whatever became of it meanwhile': {
    deps: (deps) => ({
      ...deps,
      attempts: {
        ...deps.attempts,
        async find(id) {
          const found = await deps.attempts.find(id);
          return found?.recording?.state === 'stored' ? { ...found, recording: { ...found.recording, state: 'pending' } } : found;
        },
      },
    }),
  },
} satisfies Record<string, Mutant>;
