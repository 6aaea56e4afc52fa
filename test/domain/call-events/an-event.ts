import type {
  AmdEvent,
  CallEvent,
  CallStatusEvent,
  ChoiceEvent,
  LookupEvent,
  RecordingEvent,
  TwilioStatus,
} from '#src/domain/call-events/call-event.ts';

const CALL_SID = `CA${'0'.repeat(32)}`;
export const START = new Date('2026-07-06T14:00:00Z');

export const secondsIn = (seconds: number): Date => new Date(START.getTime() + seconds * 1000);

interface Placed {
  /** Seconds since the call was placed. */
  at?: number;
  sequence?: number;
}

export const status = (word: TwilioStatus, { at = 0, sequence, ...data }: Placed & Partial<CallStatusEvent['data']> = {}): CallEvent => ({
  id: `status:${sequence ?? word}`,
  kind: 'call-status',
  callSid: CALL_SID,
  occurredAt: secondsIn(at),
  data: { status: word, ...data },
  ...(sequence === undefined ? {} : { sequence }),
});

export const lookup = (word: TwilioStatus, { at = 60, ...data }: Placed & Partial<LookupEvent['data']> = {}): CallEvent => ({
  id: `lookup:${word}`,
  kind: 'lookup',
  callSid: CALL_SID,
  occurredAt: secondsIn(at),
  data: { status: word, ...data },
});

export const amd = (answeredBy: string, at = 8): AmdEvent => ({
  id: `amd:${answeredBy}`,
  kind: 'amd',
  callSid: CALL_SID,
  occurredAt: secondsIn(at),
  data: { answeredBy },
});

export const choice = (digits: string, at = 20): ChoiceEvent => ({
  id: `choice:${digits}`,
  kind: 'choice',
  callSid: CALL_SID,
  occurredAt: secondsIn(at),
  data: { digits },
});

export const recording = (
  word: RecordingEvent['data']['status'],
  { at = 45, ...data }: Placed & Partial<RecordingEvent['data']> = {},
): CallEvent => ({
  id: `recording:${data.recordingSid ?? ''}:${word}`,
  kind: 'recording',
  callSid: CALL_SID,
  occurredAt: secondsIn(at),
  data: { status: word, ...data },
});

/** Placed, rung, and answered after six seconds. */
export const answered: CallEvent[] = [
  status('initiated', { sequence: 0, at: 1 }),
  status('ringing', { sequence: 1, at: 2 }),
  status('in-progress', { sequence: 2, at: 6 }),
];
export const completed = status('completed', { sequence: 3, at: 40, durationSeconds: 34 });
