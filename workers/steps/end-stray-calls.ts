import type { CallLogDoc } from '#src/db/models/calllogs.ts';
import type { CallLogs } from '#src/db/repositories/call-logs.ts';
import type { WorkLists } from '#src/db/repositories/work-lists.ts';
import { lookupEvent } from '#src/domain/call-events/lookup-event.ts';
import { projectCall } from '#src/domain/call-events/project-call.ts';
import { isCallOver } from '#src/domain/vocabulary.ts';
import { DAY, HOUR, SECOND, type Time } from '#src/platform/time.ts';
import { brokeOff, PermanentlyRefused, ProviderDown } from '#src/providers/errors.ts';
import type { CallSnapshot, Telephony } from '#src/providers/telephony.ts';
import type { RunContext } from '../processor.ts';
import { askAboutEach } from './ask-about-each.ts';
import { inTurns } from './in-turns.ts';

export interface EndStrayDeps {
  callLogs: Pick<CallLogs, 'apply'>;
  lists: Pick<WorkLists, 'strayCalls'>;
  telephony: Pick<Telephony, 'findCall' | 'cancel'>;
  time: Time;
}

/** Whoever placed the call asks first to end it, within so many real milliseconds. */
const GRACE_MS = 10 * SECOND;
/** What Twilio does not know so long after, or refuses to look up, does not ring any more; in the clock's milliseconds. */
const GIVEN_UP_MS = HOUR;
/** Nor does a call whose look-ups have broken off for so long: it must not stand before the others for ever. */
const BROKEN_OFF_MS = DAY;
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
    const known = await lookUp(stray, deps, context.signal);
    const call = known ?? givenUp(stray, time);
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
    // Also one that Twilio does not know yet: reads lag behind. Only for one that it knows is a failure a sign that it is away.
    const answer = await telephony.cancel(stray.call_sid, context.signal);
    if (known && answer === 'unknown') throw new ProviderDown('telephony');
  };
  // One that always fails would keep Twilio's circuit open.
  await askAboutEach(inTurns(strays, time), endOne, async () => undefined, context);
  return ended;
}

/** null: Twilio does not know the call, will not look it up, or has not been able to for a day. */
async function lookUp(stray: CallLogDoc, { telephony, time }: EndStrayDeps, signal: AbortSignal): Promise<CallSnapshot | null> {
  try {
    return await telephony.findCall(stray.call_sid, signal);
  } catch (error) {
    const isNoAnswer = error instanceof PermanentlyRefused || (age(stray, time) > BROKEN_OFF_MS && brokeOff(error));
    if (!isNoAnswer) throw error;
    return null;
  }
}

const givenUp = (stray: CallLogDoc, time: Time): CallSnapshot | null =>
  age(stray, time) > GIVEN_UP_MS ? { callSid: stray.call_sid, to: stray.to_number, from: '', status: 'failed' } : null;

const age = ({ createdAt }: CallLogDoc, time: Time): number => time.now().getTime() - createdAt.getTime();
