import type { Db, ObjectId } from 'mongodb';
import { LIVE_ATTEMPT_STATES, type Outcome } from '#src/domain/vocabulary.ts';
import { groupedFindBy } from '#src/db/grouped/find.ts';
import { groupedUpdate } from '#src/db/grouped/update.ts';
import type { CallAttemptDoc } from '#src/db/models/callattempts.ts';
import { SECOND, type Time } from '#src/platform/time.ts';
import type { CallBudget } from '../call-budget.ts';

export type Claim =
  | { kind: 'claimed'; epoch: number; claimedAt: Date }
  /** Another run has it, or it is over. */
  | { kind: 'taken' }
  | Obstacle;

/** Why an attempt cannot be claimed now, though it may be later. */
export type Obstacle =
  /** Another attempt on this phone number is live. */
  | { kind: 'phone-busy' }
  /** The kill switch is on. */
  | { kind: 'paused' }
  | { kind: 'over-budget'; until: Date };

export interface AttemptClaims {
  /** What a claim would meet now; null when nothing stands in its way. Takes nothing and decides nothing: the claim does. */
  obstacle(attempt: Pick<CallAttemptDoc, 'to_number'>): Promise<Obstacle | null>;
  /** Takes a planned attempt for dialing. Every later write of this run must name the epoch. Safe under any number of callers. */
  claim(attempt: Pick<CallAttemptDoc, '_id' | 'epoch'>): Promise<Claim>;
  /** Gives the attempt back: surely nothing was sent. */
  unclaim(id: ObjectId, epoch: number): Promise<boolean>;
  /** Twilio accepted the call. False when somebody moved first, or wants the call cancelled and `evenIfCancelled` is not given. */
  submitted(id: ObjectId, epoch: number, callSid: string, options?: { evenIfCancelled: boolean }): Promise<boolean>;
  /** Twilio refused the call; `retry` decides what follows. */
  rejected(id: ObjectId, epoch: number, outcome: Outcome, code: string): Promise<boolean>;
  /** Nobody knows whether the phone rings. */
  unknown(id: ObjectId, epoch: number): Promise<boolean>;
}

const DUPLICATE_KEY = 11_000;

/** The ledger's moves around the dial: `planned → submitting → submitted | rejected | unknown`. Each is one guarded write; false means that somebody else moved first. */
export function createAttemptClaims(db: Db, time: Time, budget: CallBudget): AttemptClaims {
  const attempts = db.collection<CallAttemptDoc>('callattempts');
  const update = groupedUpdate<CallAttemptDoc>(attempts);
  const findLive = groupedFindBy<CallAttemptDoc, string>(
    attempts,
    (numbers) => ({ to_number: { $in: numbers }, state: { $in: [...LIVE_ATTEMPT_STATES] } }),
    ({ to_number }) => to_number,
    { to_number: 1 },
  );
  const move = (id: ObjectId, epoch: number, set: Partial<CallAttemptDoc>) =>
    update({ _id: id, guard: { state: 'submitting', epoch }, update: { $set: { ...set, updatedAt: time.now() } } });

  return {
    async obstacle({ to_number }) {
      const [live, granted] = await Promise.all([findLive(to_number), budget.look()]);
      if (granted.kind !== 'granted') return granted;
      return live ? { kind: 'phone-busy' } : null;
    },
    async claim({ _id, epoch }) {
      const granted = await budget.take();
      if (granted.kind !== 'granted') return granted;
      const claimedAt = time.now();
      try {
        const held = await update({
          _id,
          guard: { state: 'planned', epoch, cancel_requested: { $ne: true } },
          update: { $set: { state: 'submitting', claimed_at: claimedAt, epoch: epoch + 1, updatedAt: claimedAt } },
        });
        if (held) return { kind: 'claimed', epoch: epoch + 1, claimedAt };
        await budget.giveBack();
        return { kind: 'taken' };
      } catch (error) {
        // Surely not written, so the budget's place is free again; any other error may have claimed it and keeps its place.
        if (!isDuplicate(error)) throw error;
        await budget.giveBack();
        return { kind: 'phone-busy' };
      }
    },
    unclaim: async (id, epoch) => {
      const held = await update({
        _id: id,
        guard: { state: 'submitting', epoch },
        update: { $set: { state: 'planned', updatedAt: time.now() }, $unset: { claimed_at: '' } },
      });
      if (held) await budget.giveBack();
      return held;
    },
    submitted: (id, epoch, callSid, { evenIfCancelled } = { evenIfCancelled: false }) =>
      update({
        _id: id,
        // From `unknown` too: an answer that came late still tells which call it is.
        guard: { state: { $in: ['submitting', 'unknown'] }, epoch, ...(evenIfCancelled ? {} : { cancel_requested: { $ne: true } }) },
        update: { $set: { state: 'submitted', call_sid: callSid, submitted_at: time.now(), updatedAt: time.now() } },
      }),
    rejected: (id, epoch, outcome, code) =>
      move(id, epoch, { state: 'rejected', outcome, error_code: code, finished_at: time.now(), follow_up: 'due' }),
    unknown: (id, epoch) => move(id, epoch, { state: 'unknown', unknown_at: time.now() }),
  };
}

/** The dial is refused by ourselves when it would start later than this after the claim, in real milliseconds: by then another run may think that nothing was sent. */
export const DIAL_WITHIN_MS = 5 * SECOND;

const isDuplicate = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && 'code' in error && error.code === DUPLICATE_KEY;
