import { isTwilioStatus, type LookupEvent } from './call-event.ts';

/** A call as Twilio describes it when asked. */
export interface LookedUpCall {
  callSid: string;
  status: string;
  startTime?: Date;
  endTime?: Date;
  durationSeconds?: number;
  answeredBy?: string;
}

/** What a look-up says, as an event. Asking again is the same event as long as the call stands the same. */
export function lookupEvent({ callSid, status, startTime, endTime, durationSeconds, answeredBy }: LookedUpCall, now: Date): LookupEvent {
  return {
    id: `lookup:${callSid}:${status}`,
    kind: 'lookup',
    callSid,
    occurredAt: now,
    data: {
      // A word that is new to us tells at least that the call exists.
      status: isTwilioStatus(status) ? status : 'queued',
      ...(startTime ? { startTime } : {}),
      ...(endTime ? { endTime } : {}),
      ...(durationSeconds === undefined ? {} : { durationSeconds }),
      ...(answeredBy === undefined ? {} : { answeredBy }),
    },
  };
}
