import type { CallEvent, TwilioStatus } from '#src/domain/call-events/call-event.ts';
import { amdEventId } from '#src/domain/call-events/detection-event.ts';
import { MORNING } from '#test/support/clock.ts';
import { recordingSid } from '#test/support/fakes/telephony.ts';

/** Seconds into the call, which began when the tests' clock begins. */
const at = (seconds: number) => new Date(MORNING.getTime() + seconds * 1000);
const SECONDS: Partial<Record<TwilioStatus, number>> = { initiated: -45, ringing: -44, 'in-progress': -40 };

/** Twilio's callbacks about one call, over by the time at which the tests' clock begins. */
export const statusEvent = (callSid: string, status: TwilioStatus, sequence: number): CallEvent => ({
  id: `status:${callSid}:${sequence}`,
  kind: 'call-status',
  callSid,
  sequence,
  occurredAt: at(SECONDS[status] ?? -5),
  data: { status, ...(status === 'completed' ? { durationSeconds: 35 } : {}) },
});

export const choiceEvent = (callSid: string, digits: string): CallEvent => ({
  id: `choice:${callSid}:${digits}`,
  kind: 'choice',
  callSid,
  occurredAt: at(-30),
  data: { digits },
});

export const amdEvent = (callSid: string, answeredBy: string): CallEvent => ({
  id: amdEventId(callSid),
  kind: 'amd',
  callSid,
  occurredAt: at(-36),
  data: { answeredBy },
});

export const recordingDone = (callSid: string, status: 'completed' | 'absent' = 'completed'): CallEvent => ({
  id: `recording:${callSid}:${status}`,
  kind: 'recording',
  callSid,
  occurredAt: at(-3),
  data: { status, recordingSid: recordingSid(1), durationSeconds: 12 },
});

/** The four reports of a call that was answered. */
export const answeredCall = (callSid: string): CallEvent[] => [
  statusEvent(callSid, 'initiated', 0),
  statusEvent(callSid, 'ringing', 1),
  statusEvent(callSid, 'in-progress', 2),
  statusEvent(callSid, 'completed', 3),
];
