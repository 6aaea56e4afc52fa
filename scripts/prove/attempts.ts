import type { Db, ObjectId } from 'mongodb';
import { judgeStatus } from './calls.ts';
import type { AttemptsProof, Day, Difference } from './proof.ts';
import type { TwilioBooks } from './twilio.ts';

interface AttemptRow {
  _id: ObjectId;
  state: string;
  call_sid?: string;
}

/** Looked up one by one: calls that were not started on the day on which their attempt was begun, or never. */
const MOST_LOOKUPS = 2000;

/** Every attempt that was begun on the day has a call that Twilio knows, was refused, was not placed, or is open. `seen`: the calls of Twilio's list. */
export async function proveAttempts(
  db: Db,
  twilio: TwilioBooks,
  day: Day,
  differences: Difference[],
  seen: ReadonlySet<string>,
): Promise<AttemptsProof> {
  const proof: AttemptsProof = { begun: 0, atTwilio: 0, rejected: 0, notPlaced: 0, open: [], lost: 0 };
  const lost = ({ _id }: AttemptRow, what: string) => {
    proof.lost += 1;
    differences.push({ about: 'attempt', id: _id.toHexString(), what });
  };
  const isAtTwilio = async (sid: string): Promise<boolean> => {
    if (seen.has(sid)) return true;
    lookups += 1;
    if (lookups > MOST_LOOKUPS)
      throw new Error(`More than ${MOST_LOOKUPS} calls are not in Twilio's list of the day: is it the right account and number?`);
    const call = await twilio.find(sid);
    // One that started is judged with the day on which it did.
    if (call && call.start_time === null) {
      const log = await db.collection<{ call_sid: string; status: string }>('calllogs').findOne({ call_sid: sid });
      judgeStatus(call, log ?? undefined, day, differences);
    }
    return call !== null;
  };
  let lookups = 0;
  // No index is made for this question; this one at least holds all that is asked.
  const begun = db
    .collection<AttemptRow & { claimed_at: Date }>('callattempts')
    .find({ claimed_at: { $gte: day.from, $lt: day.until } })
    .hint({ to_number: 1, claimed_at: 1 })
    .project<AttemptRow>({ state: 1, call_sid: 1 });
  for await (const attempt of begun) {
    proof.begun += 1;
    if (attempt.call_sid !== undefined) {
      if (await isAtTwilio(attempt.call_sid)) proof.atTwilio += 1;
      else lost(attempt, `Twilio does not know its call ${attempt.call_sid}`);
    } else if (attempt.state === 'rejected') proof.rejected += 1;
    else if (attempt.state === 'not_placed') proof.notPlaced += 1;
    else if (attempt.state === 'submitting' || attempt.state === 'unknown') proof.open.push(attempt._id.toHexString());
    else lost(attempt, `lost: ${attempt.state}, begun, and neither called nor refused`);
  }
  return proof;
}
