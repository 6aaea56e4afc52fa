import { speechMs } from '../audio/tones.ts';
import type { Call } from './call.ts';
import { rfc2822 } from './dates.ts';
import type { Office } from './office.ts';
import type { Recording } from './recording.ts';
import { createRecording, recordingPath, secondsOf } from './recording.ts';
import type { RecordingRequest, Tape } from './scene.ts';

/** How long Twilio needs until a recording can be fetched, simulated. */
const PROCESSING_MS = 1500;

/** Parameters of a recording's callback (twilio.com/docs/voice/twiml/record#recordingstatuscallback). */
const callbackParams = (recording: Recording, origin: string, status: string): Record<string, string> => ({
  AccountSid: recording.accountSid,
  CallSid: recording.callSid,
  RecordingSid: recording.sid,
  RecordingUrl: origin + recordingPath(recording),
  RecordingStatus: status,
  RecordingDuration: String(secondsOf(recording)),
  RecordingChannels: '1',
  RecordingStartTime: rfc2822(recording.startedAt),
  RecordingSource: 'RecordVerb',
  RecordingTrack: 'both',
  ErrorCode: '0',
});

/** Starts a recording in a call; once finished it is processed, can be fetched, and is told about, also when the call is over by then. */
export const startTape = (office: Office, call: Call, request: RecordingRequest): Tape => {
  const { log, store, callbacks, clock } = office;
  const recording = createRecording(call);
  store.addRecording(recording);

  const tell = (status: 'in-progress' | 'completed' | 'absent') => {
    if (request.callbackUrl === null || !request.callbackEvents.has(status)) return;
    const params = callbackParams(recording, office.origin(), status);
    callbacks.notify({ call, event: 'recording', url: request.callbackUrl, method: request.callbackMethod, params });
  };

  const settle = (status: 'completed' | 'absent') => {
    recording.status = status;
    const { sid, callSid, to, text, language } = recording;
    log.add('recording', { recordingSid: sid, callSid, to, status, seconds: secondsOf(recording), text, language }, recording.updatedAt);
    tell(status);
  };

  tell('in-progress');
  return {
    finish: (text, language) => {
      Object.assign(recording, { text, language, durationMs: speechMs(text), status: 'processing', updatedAt: call.timeline.now() });
      if (text === '') {
        settle('absent');
        return null;
      }
      office.background(async (signal) => {
        await clock.sleep(PROCESSING_MS, signal);
        recording.updatedAt += PROCESSING_MS;
        settle('completed');
      });
      return {
        RecordingUrl: office.origin() + recordingPath(recording),
        RecordingSid: recording.sid,
        RecordingDuration: String(secondsOf(recording)),
      };
    },
  };
};
