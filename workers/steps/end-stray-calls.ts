import type { CallLogDoc } from '#src/db/models/calllogs.ts';
import type { CallLogs } from '#src/db/repositories/call-logs.ts';
import type { WorkLists } from '#src/db/repositories/work-lists.ts';
import { lookupEvent } from '#src/domain/call-events/lookup-event.ts';
import { projectCall } from '#src/domain/call-events/project-call.ts';
import { isCallOver } from '#src/domain/vocabulary.ts';
import { HOUR, SECOND, type Time } from '#src/platform/time.ts';
import { ProviderDown } from '#src/providers/errors.ts';
import type { CallSnapshot, Telephony } from '#src/providers/telephony.ts';
import type { RunContext } from '../processor.ts';
import { askAboutEach } from './ask-about-each.ts';

export interface EndStrayDeps {
  callLogs: Pick<CallLogs, 'apply'>;
  lists: Pick<WorkLists, 'strayCalls'>;
  telephony: Pick<Telephony, 'findCall' | 'cancel'>;
  time: Time;
}

/** Whoever placed the call asks first to end it, within so many real milliseconds. */
const GRACE_MS = 10 * SECOND;
/** What Twilio still does not know so long after will never ring; in the clock's milliseconds. */
const UNKNOWN_TO_TWILIO_MS = HOUR;
const PAGE = 100;

/**
 * Ends calls that nobody waits for: dialed by a run that came too late, so that the attempt has moved on without them. The call's log was
 * written before Twilio was asked to end it, and is asked for in each pass until it is over; then its log says how. Resolves with how many were.
 */
export async function endStrayCalls(deps: EndStrayDeps, context: Pick<RunContext, 'log' | 'signal'>): Promise<number> {
  const { callLogs, lists, telephony, time } = deps;
  const strays = await lists.strayCalls(new Date(time.now().getTime() - time.span(GRACE_MS)), PAGE);
  let ended = 0;
  const endOne = async (stray: CallLogDoc) => {
    const call = (await telephony.findCall(stray.call_sid, context.signal)) ?? givenUp(stray, time);
    if (call && isCallOver(call.status)) {
      const { status, startTime, endTime, durationSeconds, eventCount } = projectCall([lookupEvent(call, time.now())], time.now());
      await callLogs.apply(stray._id, eventCount, {
        status,
        ...(startTime ? { start_time: startTime } : {}),
        ...(endTime ? { end_time: endTime } : {}),
        ...(durationSeconds === undefined ? {} : { duration: durationSeconds }),
      });
      ended += 1;
      return;
    }
    // Also one that Twilio does not know yet: reads lag behind.
    if ((await telephony.cancel(stray.call_sid, context.signal)) === 'unknown') throw new ProviderDown('telephony');
  };
  await askAboutEach(strays, endOne, async () => undefined, context);
  return ended;
}

const givenUp = ({ call_sid, to_number, createdAt }: CallLogDoc, time: Time): CallSnapshot | null =>
  time.now().getTime() - createdAt.getTime() > UNKNOWN_TO_TWILIO_MS
    ? { callSid: call_sid, to: to_number, from: '', status: 'failed' }
    : null;
