import type { CallEvent } from '#src/domain/call-events/call-event.ts';
import { amdEventId } from '#src/domain/call-events/detection-event.ts';
import type { Callback } from './request.ts';

/** Twilio's callbacks as events of a call. The id is what makes two deliveries of one event the same: never the call's SID alone. */
export const statusEvent = (c: Callback<'status'>, now: Date): CallEvent => ({
  id: `${c.CallSid}:status:${c.SequenceNumber}:${c.CallStatus}`,
  kind: 'call-status',
  callSid: c.CallSid,
  sequence: c.SequenceNumber,
  occurredAt: c.Timestamp ?? now,
  data: {
    status: c.CallStatus,
    ...(known(c.CallDuration) ? { durationSeconds: c.CallDuration } : {}),
    ...(c.SipResponseCode === undefined ? {} : { sipResponseCode: Number(c.SipResponseCode) }),
    ...(c.ErrorCode === undefined ? {} : { errorCode: c.ErrorCode }),
    ...(c.ErrorMessage === undefined ? {} : { errorMessage: c.ErrorMessage }),
  },
});

export const amdEvent = (c: Callback<'amd'>, now: Date): CallEvent => ({
  id: amdEventId(c.CallSid),
  kind: 'amd',
  callSid: c.CallSid,
  occurredAt: now,
  data: { answeredBy: c.AnsweredBy, ...(known(c.MachineDetectionDuration) ? { detectionMs: c.MachineDetectionDuration } : {}) },
});

export const recordingEvent = (c: Callback<'recording'>, now: Date): CallEvent => ({
  id: `${c.RecordingSid}:${c.RecordingStatus}`,
  kind: 'recording',
  callSid: c.CallSid,
  occurredAt: now,
  data: {
    recordingSid: c.RecordingSid,
    // A recording that failed at Twilio cannot be fetched: the same to us as none.
    status: c.RecordingStatus === 'failed' ? 'absent' : c.RecordingStatus,
    ...(known(c.RecordingDuration) ? { durationSeconds: c.RecordingDuration } : {}),
    ...(c.RecordingChannels === undefined ? {} : { channels: c.RecordingChannels }),
    ...(c.ErrorCode === undefined ? {} : { errorCode: c.ErrorCode }),
  },
});

export const choiceEvent = (c: Callback<'choice'>, now: Date): CallEvent => ({
  id: `${c.CallSid}:choice:${c.Digits}`,
  kind: 'choice',
  callSid: c.CallSid,
  occurredAt: now,
  data: { digits: c.Digits },
});

const known = (duration: number | undefined): duration is number => duration !== undefined && duration >= 0;
