import type { RecordingEvent } from './call-event.ts';

/** A recording as Twilio describes it when asked. */
export interface LookedUpRecording {
  recordingSid: string;
  /** in-progress, paused, stopped, processing, completed or absent. */
  status: string;
  durationSeconds?: number;
}

/** What a look-up of a call's recording says, as an event; null: there is none and none is to come. */
export function recordingEvent(callSid: string, found: LookedUpRecording | null, now: Date): RecordingEvent {
  const status = found ? settled(found.status) : 'absent';
  return {
    id: `recording-lookup:${callSid}:${found?.recordingSid ?? 'none'}:${status}`,
    kind: 'recording',
    callSid,
    occurredAt: now,
    data: {
      status,
      ...(found ? { recordingSid: found.recordingSid } : {}),
      ...(found?.durationSeconds === undefined ? {} : { durationSeconds: found.durationSeconds }),
    },
  };
}

const settled = (status: string) => (status === 'completed' || status === 'absent' ? status : 'in-progress');
