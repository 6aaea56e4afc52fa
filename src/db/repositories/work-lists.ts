import type { Db, Filter } from 'mongodb';
import type { CallAttemptDoc } from '#src/db/models/callattempts.ts';
import type { CallLogDoc } from '#src/db/models/calllogs.ts';
import { LIVE_ATTEMPT_STATES, type AttemptState, type CallStatus } from '#src/domain/vocabulary.ts';

/** What only Twilio can tell more about, each kind through an index made for its question: oldest first, `limit` at the most. */
export interface WorkLists {
  /** Claims whose run never said what came of them. */
  abandonedClaims(claimedBefore: Date, limit: number): Promise<CallAttemptDoc[]>;
  /** Dials of which nobody knows; those first that were not looked up for longest, and none that was after `lookedUpBefore`. */
  unknown(limit: number, lookedUpBefore?: Date): Promise<CallAttemptDoc[]>;
  /** Calls that should have ended by now, in the same order. */
  silentCalls(submittedBefore: Date, limit: number, lookedUpBefore?: Date): Promise<CallAttemptDoc[]>;
  /** Calls under way that somebody wants ended. */
  toBeCancelled(limit: number): Promise<CallAttemptDoc[]>;
  /** Ended calls whose recording Twilio has not announced, in the order of the last look-up. */
  recordingsExpected(before: Date, limit: number): Promise<CallAttemptDoc[]>;
  /** Calls that may go on and that nobody waits for: their attempt is over without them, or has another call. Read off all calls that go on. */
  strayCalls(loggedBefore: Date, limit: number): Promise<CallLogDoc[]>;
}

const UNDER_WAY: { $in: AttemptState[] } = { $in: ['submitted', 'in_progress'] };

const GOES_ON: { $in: CallStatus[] } = { $in: ['queued', 'ringing', 'in-progress'] };
const OWN_CALL = { $expr: { $eq: [{ $first: '$attempt.call_sid' }, '$call_sid'] } };
/** It may be this very call's: an event or a look-up is about to say. */
const CALL_NOT_KNOWN_YET = { attempt: { $elemMatch: { state: { $in: [...LIVE_ATTEMPT_STATES] }, call_sid: null } } };

export function createWorkLists(db: Db): WorkLists {
  const attempts = db.collection<CallAttemptDoc>('callattempts');
  const list = (filter: Filter<CallAttemptDoc>, field: string, limit: number) =>
    attempts
      .find(filter)
      .sort({ [field]: 1, _id: 1 })
      .limit(limit)
      .toArray();
  /** By the last look-up, so that one that always fails does not stay at the head. The bound on `field` chooses its index; the few that are in doubt at a time are sorted in memory. */
  const toLookUp = (filter: Filter<CallAttemptDoc>, field: string, limit: number, lookedUpBefore?: Date) =>
    attempts
      .find(lookedUpBefore ? { ...filter, 'lookups.last_at': { $not: { $gt: lookedUpBefore } } } : filter)
      .sort({ 'lookups.last_at': 1, [field]: 1, _id: 1 })
      .limit(limit)
      .toArray();

  return {
    abandonedClaims: (claimedBefore, limit) => list({ state: 'submitting', claimed_at: { $lt: claimedBefore } }, 'claimed_at', limit),
    unknown: (limit, lookedUpBefore) =>
      toLookUp({ state: 'unknown', unknown_at: { $gt: new Date(0) } }, 'unknown_at', limit, lookedUpBefore),
    silentCalls: (submittedBefore, limit, lookedUpBefore) =>
      toLookUp({ state: UNDER_WAY, submitted_at: { $lt: submittedBefore } }, 'submitted_at', limit, lookedUpBefore),
    toBeCancelled: (limit) => list({ state: UNDER_WAY, cancel_requested: true }, 'submitted_at', limit),
    recordingsExpected: (before, limit) => toLookUp({ 'recording.state': 'expected', updatedAt: { $lt: before } }, 'updatedAt', limit),
    strayCalls: (loggedBefore, limit) =>
      db
        .collection('calllogs')
        .aggregate<CallLogDoc>([
          { $match: { status: GOES_ON, createdAt: { $lt: loggedBefore } } },
          { $lookup: { from: 'callattempts', localField: 'attempt_id', foreignField: '_id', as: 'attempt' } },
          { $match: { 'attempt._id': { $exists: true }, $nor: [OWN_CALL, CALL_NOT_KNOWN_YET] } },
          { $sort: { createdAt: 1 } },
          { $limit: limit },
          { $unset: 'attempt' },
        ])
        .toArray(),
  };
}
