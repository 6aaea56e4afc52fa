import type { CallBooks } from '#src/db/repositories/call-books.ts';
import { BOOK_DIFFERENCES, judgeCall, type BookDifference, type BookedCall } from '#src/domain/call-books.ts';
import { DAY, HOUR, MINUTE, type Time } from '#src/platform/time.ts';
import { PermanentlyRefused } from '#src/providers/errors.ts';
import type { CallSnapshot, Telephony } from '#src/providers/telephony.ts';

export interface CompareDayDeps {
  books: Pick<CallBooks, 'known' | 'earlierAttempt' | 'endedWithCall'>;
  telephony: Pick<Telephony, 'listCalls' | 'findCall'>;
  time: Time;
}

export interface ComparedDay {
  /** Calls that Twilio started that day. */
  calls: number;
  /** Attempts that ended that day and had a call. */
  attempts: number;
  counts: Record<BookDifference, number>;
  /** SIDs of calls, for a missing call the attempt's id; the first of them. */
  ids: Partial<Record<BookDifference, string[]>>;
}

/** Younger calls are in motion: one that Twilio never reports on is closed by then. The clock's milliseconds; where that is faster, some real time. */
const GRACE_MS = 15 * MINUTE;
const REAL_GRACE_MS = MINUTE;
/** A call that ended after midnight may have started before. */
const BEFORE_MS = HOUR;
/** SIDs that are remembered: some 50 MB. */
const MOST_CALLS = 500_000;
/** Calls that are looked up one by one: those that never started, or waited long in Twilio's queue. */
const MOST_LOOKUPS = 500;
const NAMED = 20;

/**
 * Compares one day (UTC, given by its first instant). Both sides are matched by SID and never by day, so midnight parts nothing: a call counts on the day
 * on which Twilio started it, an attempt on the day on which it ended; what is not in the list that was read is looked up by itself.
 */
export async function compareDay(day: Date, deps: CompareDayDeps, signal: AbortSignal): Promise<ComparedDay> {
  const { books, time } = deps;
  const settled = time.now().getTime() - Math.max(GRACE_MS, time.span(REAL_GRACE_MS));
  const end = day.getTime() + DAY;
  const until = new Date(Math.min(end, settled));
  const result: ComparedDay = { calls: 0, attempts: 0, counts: { ...NONE }, ids: {} };
  const note = (kind: BookDifference, id: string) => {
    result.counts[kind] += 1;
    const ids = (result.ids[kind] ??= []);
    if (ids.length < NAMED) ids.push(id);
  };
  const judge = async (call: CallSnapshot, booked: BookedCall = {}) => {
    const kind = await judgeCall(call, booked, (before) => books.earlierAttempt(call.to, before));
    if (kind) note(kind, call.callSid);
  };

  const listed = new Set<string>();
  for await (const page of startedCalls(new Date(day.getTime() - BEFORE_MS), new Date(end), deps, signal)) {
    for (const { callSid } of page) listed.add(callSid);
    const due = page.filter(({ startTime }) => startTime !== undefined && startTime >= day && startTime < until);
    const known = await books.known(due.map(({ callSid }) => callSid));
    for (const call of due) await judge(call, known.get(call.callSid));
    result.calls += due.length;
    if (listed.size < MOST_CALLS) continue;
    note('unchecked', page.at(-1)?.callSid ?? '');
    break;
  }

  let lookups = 0;
  for await (const { attemptId, callSid } of books.endedWithCall(day, until)) {
    result.attempts += 1;
    if (listed.has(callSid)) continue;
    lookups += 1;
    if (lookups > MOST_LOOKUPS) {
      note('unchecked', callSid);
      continue;
    }
    const call = await find(callSid, deps, signal);
    if (!call) note('missing_call', attemptId);
    // Any other is judged with the day on which it started.
    else if (!call.startTime) await judge(call, (await books.known([callSid])).get(callSid));
  }
  return result;
}

const NONE = Object.fromEntries(BOOK_DIFFERENCES.map((kind) => [kind, 0])) as Record<BookDifference, number>;

/** Page by page, one request at a time. */
async function* startedCalls(
  startedFrom: Date,
  startedBefore: Date,
  { telephony }: CompareDayDeps,
  signal: AbortSignal,
): AsyncGenerator<CallSnapshot[]> {
  const span = { startedFrom, startedBefore };
  let { calls, next } = await telephony.listCalls(span, signal);
  yield calls;
  while (next !== null) {
    ({ calls, next } = await telephony.listCalls({ ...span, page: next }, signal));
    yield calls;
  }
}

/** What Twilio refuses to look up it does not know. */
const find = (callSid: string, { telephony }: CompareDayDeps, signal: AbortSignal): Promise<CallSnapshot | null> =>
  telephony.findCall(callSid, signal).catch((error: unknown) => {
    if (error instanceof PermanentlyRefused) return null;
    throw error;
  });
