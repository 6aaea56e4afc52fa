import { deterministicId } from '#src/db/deterministic-id.ts';
import { newCallLog } from '#src/db/documents/call-log.ts';
import type { CallAttemptDoc } from '#src/db/models/callattempts.ts';
import type { CallLogDoc } from '#src/db/models/calllogs.ts';
import type { CallLogs } from '#src/db/repositories/call-logs.ts';
import type { Time } from '#src/platform/time.ts';

export interface LogCallDeps {
  callLogs: Pick<CallLogs, 'ensure'>;
  fromNumber: string;
  time: Time;
}

/** The log of a call that was made for this attempt, born now if nobody was first. Also of one that the attempt does not wait for: by its log it is found and ended. */
export const logCall = (callSid: string, attempt: CallAttemptDoc, { callLogs, fromNumber, time }: LogCallDeps): Promise<CallLogDoc> =>
  callLogs.ensure(
    newCallLog(
      {
        _id: deterministicId('call', callSid),
        delivery_id: attempt.delivery_id,
        attempt_id: attempt._id,
        call_sid: callSid,
        status: 'queued',
        from_number: fromNumber,
        to_number: attempt.to_number,
        retry_count: attempt.number - 1,
      },
      time.now(),
    ),
  );
