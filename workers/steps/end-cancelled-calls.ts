import type { WorkLists } from '#src/db/repositories/work-lists.ts';
import type { Time } from '#src/platform/time.ts';
import type { Telephony } from '#src/providers/telephony.ts';
import { inTurns } from './in-turns.ts';

export interface EndCancelledDeps {
  lists: Pick<WorkLists, 'toBeCancelled'>;
  telephony: Pick<Telephony, 'cancel'>;
  time: Time;
}

const PAGE = 100;
/** After so many requests in a row without an answer Twilio is away, and the next pass will do. */
const AWAY_AFTER = 5;

/** Asks Twilio again to end the calls of deliveries that were cancelled, in each pass until the call is over: whoever asked first may have had no answer. */
export async function endCancelledCalls({ lists, telephony, time }: EndCancelledDeps, signal: AbortSignal): Promise<number> {
  let ended = 0;
  let inARow = 0;
  for (const { call_sid } of inTurns(await lists.toBeCancelled(PAGE), time)) {
    signal.throwIfAborted();
    if (call_sid === undefined) continue;
    const answered = (await telephony.cancel(call_sid, signal)) !== 'unknown';
    ended += Number(answered);
    inARow = answered ? 0 : inARow + 1;
    if (inARow >= AWAY_AFTER) break;
  }
  return ended;
}
