import type { CallPage, CallSnapshot, RecordingSnapshot } from './telephony.ts';

/** What we read of the SDK's call. */
interface TwilioCall {
  sid: string;
  to: string;
  from: string;
  status: string;
  dateCreated: unknown;
  startTime: unknown;
  endTime: unknown;
  duration: string | null;
  answeredBy: string | null;
}

export const callSnapshot = (call: TwilioCall): CallSnapshot => ({
  callSid: call.sid,
  to: call.to,
  from: call.from,
  status: call.status,
  ...dateAs('dateCreated', call.dateCreated),
  ...dateAs('startTime', call.startTime),
  ...dateAs('endTime', call.endTime),
  ...secondsAs('durationSeconds', call.duration),
  ...(call.answeredBy ? { answeredBy: call.answeredBy } : {}),
});

/** A page of calls. Twilio documents its bounds as days, and may give more than was asked for. */
export function callPage(
  { instances, nextPageUrl }: { instances: TwilioCall[]; nextPageUrl?: string | undefined },
  from: Date,
  before: Date,
): CallPage {
  const calls = instances.map(callSnapshot).filter(({ startTime }) => startTime !== undefined && startTime >= from && startTime < before);
  return { calls, next: nextPageUrl ?? null };
}

interface TwilioRecording {
  sid: string;
  callSid: string;
  status: string;
  dateCreated: unknown;
  duration: string | null;
}

export const recordingSnapshot = (recording: TwilioRecording): RecordingSnapshot => ({
  recordingSid: recording.sid,
  callSid: recording.callSid,
  status: recording.status,
  ...dateAs('dateCreated', recording.dateCreated),
  ...secondsAs('durationSeconds', recording.duration),
});

/** The SDK hands on what it cannot read as a date. */
const dateAs = <Name extends string>(name: Name, value: unknown) =>
  (value instanceof Date && !Number.isNaN(value.getTime()) ? { [name]: value } : {}) as Partial<Record<Name, Date>>;

const secondsAs = <Name extends string>(name: Name, value: string | null) => {
  const seconds = value === null || value === '' ? Number.NaN : Number(value);
  return (seconds >= 0 ? { [name]: seconds } : {}) as Partial<Record<Name, number>>;
};
