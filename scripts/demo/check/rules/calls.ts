import type { Rule, Violation } from '../evidence.ts';
import { attemptIdOf, namer } from '../look-up.ts';

/** The simulator's calls and the ledger's attempts that have a SID are the same, one to one, and each has its CallLog. */
export const oneCallAnAttempt: Rule = (evidence) => {
  const { attempts, calls, callLogs } = evidence;
  const nameOf = namer(evidence);
  const byId = new Map(attempts.map((attempt) => [attempt._id.toHexString(), attempt]));
  const placed = new Map(calls.map((call) => [call.callSid, call]));
  const logs = Map.groupBy(callLogs, ({ call_sid }) => call_sid);
  const violations: Violation[] = [];

  for (const [attemptId, [call, ...more]] of Map.groupBy(calls, attemptIdOf)) {
    if (!call) continue;
    const attempt = byId.get(attemptId);
    const delivery = attempt ? nameOf(attempt.delivery_id.toHexString()) : `call ${call.callSid}`;
    if (!attempt) violations.push({ delivery, what: 'was placed for no attempt of the ledger' });
    else if (more.length > 0) violations.push({ delivery, what: `attempt ${attempt.number} was called ${more.length + 1} times` });
    else if (attempt.call_sid !== call.callSid)
      violations.push({
        delivery,
        what: `attempt ${attempt.number} has ${attempt.call_sid ?? 'no SID'}, but its call is ${call.callSid}`,
      });
    else if (attempt.to_number !== call.to)
      violations.push({ delivery, what: `attempt ${attempt.number} rang another number than its own` });
  }
  for (const { call_sid: sid, number, delivery_id } of attempts) {
    if (sid === undefined) continue;
    const delivery = nameOf(delivery_id.toHexString());
    const found = logs.get(sid)?.length ?? 0;
    if (!placed.has(sid)) violations.push({ delivery, what: `attempt ${number} names a call that was never placed` });
    if (found !== 1) violations.push({ delivery, what: `the call of attempt ${number} has ${found} CallLogs` });
  }
  for (const [sid, [log]] of logs) {
    if (log && !placed.has(sid))
      violations.push({ delivery: nameOf(log.delivery_id.toHexString()), what: 'has a CallLog of a call that was never placed' });
  }
  return violations;
};
