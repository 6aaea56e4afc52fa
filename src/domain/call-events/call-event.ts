import type { EventKind } from '../vocabulary.ts';

/** Twilio's words for how a call stands. https://www.twilio.com/docs/voice/api/call-resource#call-status-values */
export const TWILIO_STATUSES = [
  'queued',
  'initiated',
  'ringing',
  'in-progress',
  'completed',
  'busy',
  'no-answer',
  'failed',
  'canceled',
] as const;
export type TwilioStatus = (typeof TWILIO_STATUSES)[number];

export const isTwilioStatus = (value: unknown): value is TwilioStatus => TWILIO_STATUSES.some((known) => known === value);

/** One thing that Twilio told us about a call, by a callback or when we asked. */
export type CallEvent = CallStatusEvent | LookupEvent | AmdEvent | ChoiceEvent | RecordingEvent;

/** A callback about the call's progress. `sequence` counts the callbacks of a call from 0. */
export type CallStatusEvent = Told<'call-status', CallFacts>;
/** What Twilio answered when it was asked. */
export type LookupEvent = Told<'lookup', CallFacts>;
/** Who answered. `answeredBy`: human, machine_start, machine_end_…, fax or unknown. */
export type AmdEvent = Told<'amd', { answeredBy: string; detectionMs?: number }>;
/** A key that the customer pressed in the menu. */
export type ChoiceEvent = Told<'choice', { digits: string }>;
export type RecordingEvent = Told<'recording', RecordingFacts>;

interface Told<Kind extends EventKind, Data> {
  /** The same for every copy of the event. */
  id: string;
  kind: Kind;
  callSid: string;
  sequence?: number;
  occurredAt: Date;
  data: Data;
}

interface CallFacts {
  status: TwilioStatus;
  durationSeconds?: number;
  startTime?: Date;
  endTime?: Date;
  sipResponseCode?: number;
  errorCode?: string;
  errorMessage?: string;
  answeredBy?: string;
}

interface RecordingFacts {
  /** Missing only where Twilio was asked and knows of none. */
  recordingSid?: string;
  status: 'in-progress' | 'completed' | 'absent';
  durationSeconds?: number;
  channels?: number;
  errorCode?: string;
}
