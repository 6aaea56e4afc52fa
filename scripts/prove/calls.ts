import type { Db, ObjectId } from 'mongodb';
import type { CallsProof, Day, Difference } from './proof.ts';
import type { CallAtTwilio, TwilioBooks } from './twilio.ts';

interface AttemptRow {
  _id: ObjectId;
  call_sid?: string;
  claimed_at?: Date;
  finished_at?: Date;
}

interface CallLogRow {
  call_sid: string;
  status: string;
  attempt_id?: ObjectId;
}

const OVER = ['completed', 'busy', 'no-answer', 'failed', 'canceled'];
/** Twilio's times are whole seconds. */
const SECOND_MS = 1000;

/** Every call that Twilio started on the day is one attempt's, and over where Twilio says so. Adds all SIDs to `seen`. */
export async function proveCalls(db: Db, twilio: TwilioBooks, day: Day, differences: Difference[], seen: Set<string>): Promise<CallsProof> {
  const proof: CallsProof = { started: 0, ofTheDay: 0, ofOtherDays: 0, inMotion: 0, ofNobody: 0 };
  for await (const page of twilio.startedOn(day.name)) {
    const bySid = { call_sid: { $in: page.map(({ sid }) => sid) } };
    const attempts = await db
      .collection<AttemptRow>('callattempts')
      .find(bySid)
      .project<AttemptRow>({ call_sid: 1, claimed_at: 1, finished_at: 1 })
      .toArray();
    const logs = await db
      .collection<CallLogRow>('calllogs')
      .find(bySid)
      .project<CallLogRow>({ call_sid: 1, status: 1, attempt_id: 1 })
      .toArray();
    for (const call of page) {
      if (seen.has(call.sid)) continue;
      seen.add(call.sid);
      proof.started += 1;
      const attempt = attempts.find(({ call_sid }) => call_sid === call.sid);
      const log = logs.find(({ call_sid }) => call_sid === call.sid);
      if (attempt) {
        proof[isOf(day, attempt) ? 'ofTheDay' : 'ofOtherDays'] += 1;
        judgeStatus(call, log, day, differences);
      } else {
        const judged = await judgeUnowned(call, log, db, day);
        proof[judged ? 'ofNobody' : 'inMotion'] += 1;
        if (judged) differences.push(judged);
      }
    }
  }
  return proof;
}

const isOf = ({ from, until }: Day, { claimed_at }: AttemptRow): boolean =>
  claimed_at !== undefined && claimed_at >= from && claimed_at < until;

/** How a call ended is in its log, once there was time to hear of it. */
export function judgeStatus(call: CallAtTwilio, log: Pick<CallLogRow, 'status'> | undefined, day: Day, differences: Difference[]): void {
  if (!OVER.includes(call.status) || log?.status === call.status || isYoung(call, day)) return;
  differences.push({ about: 'call', id: call.sid, what: `Twilio says ${call.status}, its log ${log?.status ?? 'is missing'}` });
}

/** A call that no attempt has; null while it may be about to be written down. */
async function judgeUnowned(call: CallAtTwilio, log: CallLogRow | undefined, db: Db, day: Day): Promise<Difference | null> {
  if (log?.attempt_id) return { about: 'attempt', id: log.attempt_id.toHexString(), what: `doubled, a second call: ${call.sid}` };
  if (isYoung(call, day)) return null;
  const created = createdAt(call);
  const earlier = await db
    .collection<AttemptRow & { to_number: string }>('callattempts')
    .findOne(
      { to_number: call.to, claimed_at: { $lt: new Date(created.getTime() + SECOND_MS) } },
      { sort: { claimed_at: -1 }, projection: { call_sid: 1, finished_at: 1 } },
    );
  const wasLive = earlier !== null && (earlier.finished_at === undefined || earlier.finished_at >= created);
  if (!wasLive) return { about: 'call', id: call.sid, what: 'at Twilio, and no attempt knows of it' };
  // One phone has one live attempt: that one waits to be told which call is its own.
  if (earlier.call_sid === undefined && earlier.finished_at === undefined) return null;
  return { about: 'attempt', id: earlier._id.toHexString(), what: `doubled, a second call: ${call.sid}` };
}

const isYoung = (call: CallAtTwilio, { now, graceMs }: Day): boolean => now.getTime() - createdAt(call).getTime() < graceMs;

const createdAt = ({ date_created, start_time }: CallAtTwilio): Date => new Date(date_created ?? start_time ?? 0);
