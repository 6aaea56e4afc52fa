import type { CallAttemptDoc } from '#src/db/models/callattempts.ts';
import type { CallLogDoc } from '#src/db/models/calllogs.ts';
import type { WorkLists } from '#src/db/repositories/work-lists.ts';
import { LIVE_ATTEMPT_STATES } from '#src/domain/vocabulary.ts';
import { ordered } from './ordered.ts';
import type { RoundTrip } from './round-trip.ts';
import type { Store } from './store.ts';

type Test = (doc: CallAttemptDoc) => boolean;
type Field = (doc: CallAttemptDoc) => Date | undefined;

const underWay: Test = ({ state }) => state === 'submitted' || state === 'in_progress';
const isBefore = (at: Date | undefined, before: Date): boolean => at !== undefined && at < before;
const lastLookup: Field = ({ lookups }) => lookups?.last_at;

const LIVE: readonly string[] = LIVE_ATTEMPT_STATES;
const goesOn = ({ status }: CallLogDoc): boolean => status === 'queued' || status === 'ringing' || status === 'in-progress';

export function memoryWorkLists({ attempts, callLogs }: Store, trip: RoundTrip): WorkLists {
  const list = (what: string, test: Test, limit: number, ...by: Field[]) =>
    trip(`lists.${what}`, () =>
      attempts
        .filter(test)
        .toSorted(ordered(...by))
        .slice(0, limit),
    );
  const toLookUp = (what: string, test: Test, field: Field, limit: number, lookedUpBefore?: Date) => {
    const restedSince: Test = (doc) => lookedUpBefore === undefined || !((lastLookup(doc)?.getTime() ?? 0) > lookedUpBefore.getTime());
    return list(what, (doc) => test(doc) && restedSince(doc), limit, lastLookup, field);
  };
  const isStray = (log: CallLogDoc): boolean => {
    const attempt = log.attempt_id ? attempts.get(log.attempt_id) : null;
    if (!attempt || !goesOn(log) || attempt.call_sid === log.call_sid) return false;
    return !(LIVE.includes(attempt.state) && attempt.call_sid === undefined);
  };
  return {
    abandonedClaims: (claimedBefore, limit) =>
      list(
        'abandonedClaims',
        (doc) => doc.state === 'submitting' && isBefore(doc.claimed_at, claimedBefore),
        limit,
        ({ claimed_at }) => claimed_at,
      ),
    unknown: (limit, lookedUpBefore) =>
      toLookUp(
        'unknown',
        (doc) => doc.state === 'unknown' && doc.unknown_at !== undefined,
        ({ unknown_at }) => unknown_at,
        limit,
        lookedUpBefore,
      ),
    silentCalls: (submittedBefore, limit, lookedUpBefore) =>
      toLookUp(
        'silentCalls',
        (doc) => underWay(doc) && isBefore(doc.submitted_at, submittedBefore),
        ({ submitted_at }) => submitted_at,
        limit,
        lookedUpBefore,
      ),
    toBeCancelled: (limit) =>
      list(
        'toBeCancelled',
        (doc) => underWay(doc) && doc.cancel_requested,
        limit,
        ({ submitted_at }) => submitted_at,
      ),
    recordingsExpected: (before, limit) =>
      toLookUp(
        'recordingsExpected',
        (doc) => doc.recording?.state === 'expected' && isBefore(doc.updatedAt, before),
        ({ updatedAt }) => updatedAt,
        limit,
      ),
    strayCalls: (loggedBefore, limit) =>
      trip('lists.strayCalls', () =>
        callLogs
          .filter((log) => log.createdAt < loggedBefore && isStray(log))
          .toSorted(ordered(({ createdAt }) => createdAt))
          .slice(0, limit),
      ),
  };
}
