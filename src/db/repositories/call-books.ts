import type { Db } from 'mongodb';
import type { CallAttemptDoc } from '#src/db/models/callattempts.ts';
import type { CallLogDoc } from '#src/db/models/calllogs.ts';
import type { SystemMetricDoc } from '#src/db/models/systemmetrics.ts';
import type { BookDifference, BookedCall, EarlierAttempt } from '#src/domain/call-books.ts';
import { DAY, SECOND, type Time } from '#src/platform/time.ts';
import { createMark, type Mark } from './mark.ts';
import { createMetricPoints } from './metric-points.ts';

/** The ledger's side of the comparison with Twilio's list of calls, and what it found, per day (UTC). */
export interface CallBooks {
  /** What the books say of these calls, by SID; one of which they say nothing is left out. */
  known(callSids: string[]): Promise<Map<string, BookedCall>>;
  /** The last attempt on a number that was claimed before `at`, or within the second after it: Twilio's times are whole seconds. */
  earlierAttempt(toNumber: string, at: Date): Promise<EarlierAttempt | null>;
  /** Attempts that ended in this span of time and had a call, one by one. */
  endedWithCall(from: Date, until: Date): AsyncIterable<{ attemptId: string; callSid: string }>;
  /** Writes what the comparison of one day found, over what one before it has found. */
  write(day: Date, found: { calls: number; attempts: number; counts: Readonly<Record<BookDifference, number>> }): Promise<void>;
  /** What was found last of today and yesterday. */
  differences(): Promise<{ kind: string; count: number }[]>;
  /** The end of the last day that is compared no more. */
  closed: Mark;
}

const CALLS = 'call_books_calls';
const ATTEMPTS = 'call_books_attempts';
const DIFFERENCE = 'call_books_difference';

export function createCallBooks(db: Db, time: Time): CallBooks {
  const attempts = db.collection<CallAttemptDoc>('callattempts');
  const callLogs = db.collection<CallLogDoc>('calllogs');
  const points = createMetricPoints(db, time);

  return {
    async known(callSids) {
      const bySid = { call_sid: { $in: callSids } };
      const [own, logs] = await Promise.all([
        attempts.find(bySid, { projection: { call_sid: 1 } }).toArray(),
        callLogs.find(bySid, { projection: { call_sid: 1, status: 1, attempt_id: 1 } }).toArray(),
      ]);
      const known = new Map<string, BookedCall>();
      for (const { call_sid, status, attempt_id } of logs)
        known.set(call_sid, { status, ...(attempt_id ? { loggedFor: attempt_id.toHexString() } : {}) });
      for (const { _id, call_sid = '' } of own) known.set(call_sid, { ...known.get(call_sid), attemptId: _id.toHexString() });
      return known;
    },
    async earlierAttempt(to_number, at) {
      const attempt = await attempts.findOne(
        { to_number, claimed_at: { $lt: new Date(at.getTime() + SECOND) } },
        { sort: { claimed_at: -1 }, projection: { call_sid: 1, finished_at: 1 } },
      );
      return (
        attempt && {
          ...(attempt.call_sid === undefined ? {} : { callSid: attempt.call_sid }),
          ...(attempt.finished_at ? { finishedAt: attempt.finished_at } : {}),
        }
      );
    },
    async *endedWithCall(from, until) {
      const ended = attempts
        .find({ finished_at: { $gte: from, $lt: until }, call_sid: { $gt: '' } }, { projection: { call_sid: 1 } })
        .hint({ finished_at: 1 });
      for await (const { _id, call_sid = '' } of ended) yield { attemptId: _id.toHexString(), callSid: call_sid };
    },
    async write(day, { calls, attempts: ended, counts }) {
      const tags = { day: day.toISOString().slice(0, 10) };
      const of = { unit: 'count', source: 'twilio' };
      await points.replace(
        day,
        [CALLS, ATTEMPTS, DIFFERENCE],
        [
          { type: CALLS, value: calls, tags, ...of },
          { type: ATTEMPTS, value: ended, tags, ...of },
          ...Object.entries(counts).map(([kind, value]) => ({ type: DIFFERENCE, value, tags: { ...tags, kind }, ...of })),
        ],
      );
    },
    async differences() {
      const today = Math.floor(time.now().getTime() / DAY) * DAY;
      const rows = await db
        .collection<SystemMetricDoc>('systemmetrics')
        .aggregate<{ _id: string; count: number }>([
          { $match: { metric_type: DIFFERENCE, timestamp: { $gte: new Date(today - DAY) } } },
          { $group: { _id: '$tags.kind', count: { $sum: '$value' } } },
        ])
        .toArray();
      return rows.map(({ _id, count }) => ({ kind: _id, count }));
    },
    closed: createMark(db, 'books', time),
  };
}
