import type { ObjectId } from 'mongodb';
import type { CallAttemptDoc } from '#src/db/models/callattempts.ts';
import type { AttemptClaims } from '#src/db/repositories/attempts/claims.ts';
import type { CallBudget } from '#src/db/repositories/call-budget.ts';
import { RefusedWrite } from '#src/db/grouped/refused-writes.ts';
import { LIVE_ATTEMPT_STATES } from '#src/domain/vocabulary.ts';
import type { Time } from '#src/platform/time.ts';
import type { RoundTrip } from '../round-trip.ts';
import type { Store } from '../store.ts';
import { without } from '../without.ts';

const LIVE: readonly string[] = LIVE_ATTEMPT_STATES;

export function memoryClaims({ attempts }: Store, time: Time, trip: RoundTrip, budget: CallBudget): AttemptClaims {
  const move = (what: string, id: ObjectId, epoch: number, set: Partial<CallAttemptDoc>) => {
    const at = time.now();
    return trip(`attempts.${what}`, () =>
      attempts.update(
        id,
        (doc) => doc.state === 'submitting' && doc.epoch === epoch,
        (doc) => ({ ...doc, ...set, updatedAt: at }),
      ),
    );
  };
  return {
    async obstacle({ to_number }) {
      const [live, granted] = await Promise.all([
        trip('attempts.findLive', () => attempts.filter((doc) => doc.to_number === to_number && LIVE.includes(doc.state)).length > 0),
        budget.look(),
      ]);
      if (granted.kind !== 'granted') return granted;
      return live ? { kind: 'phone-busy' } : null;
    },
    async claim({ _id, epoch }) {
      const granted = await budget.take();
      if (granted.kind !== 'granted') return granted;
      const claimedAt = time.now();
      try {
        const held = await trip('attempts.claim', () =>
          attempts.update(
            _id,
            (doc) => doc.state === 'planned' && doc.epoch === epoch && !doc.cancel_requested,
            (doc) => ({ ...doc, state: 'submitting', claimed_at: claimedAt, epoch: epoch + 1, updatedAt: claimedAt }),
          ),
        );
        if (held) return { kind: 'claimed', epoch: epoch + 1, claimedAt };
        await budget.giveBack();
        return { kind: 'taken' };
      } catch (error) {
        if (!(error instanceof RefusedWrite)) throw error;
        await budget.giveBack();
        return { kind: 'phone-busy' };
      }
    },
    async unclaim(id, epoch) {
      const at = time.now();
      const held = await trip('attempts.unclaim', () =>
        attempts.update(
          id,
          (doc) => doc.state === 'submitting' && doc.epoch === epoch,
          (doc) => without({ ...doc, state: 'planned', updatedAt: at }, ['claimed_at']),
        ),
      );
      if (held) await budget.giveBack();
      return held;
    },
    submitted(id, epoch, callSid, { evenIfCancelled } = { evenIfCancelled: false }) {
      const at = time.now();
      return trip('attempts.submitted', () =>
        attempts.update(
          id,
          (doc) =>
            (doc.state === 'submitting' || doc.state === 'unknown') && doc.epoch === epoch && (evenIfCancelled || !doc.cancel_requested),
          (doc) => ({ ...doc, state: 'submitted', call_sid: callSid, submitted_at: at, updatedAt: at }),
        ),
      );
    },
    rejected: (id, epoch, outcome, code) =>
      move('rejected', id, epoch, { state: 'rejected', outcome, error_code: code, finished_at: time.now(), follow_up: 'due' }),
    unknown: (id, epoch) => move('unknown', id, epoch, { state: 'unknown', unknown_at: time.now() }),
  };
}
