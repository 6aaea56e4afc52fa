import type { Call } from './call.ts';
import { rfc2822, rfc2822OrNull } from './dates.ts';
import { newSid } from './sid.ts';

/** What a person left after the beep. The audio is made of the text when it is fetched. */
export interface Recording {
  readonly sid: string;
  readonly accountSid: string;
  readonly callSid: string;
  readonly to: string;
  readonly startedAt: number;
  status: 'in-progress' | 'processing' | 'completed' | 'absent';
  updatedAt: number;
  text: string;
  language: string;
  durationMs: number;
}

export const createRecording = (call: Call): Recording => ({
  sid: newSid('RE'),
  accountSid: call.accountSid,
  callSid: call.sid,
  to: call.request.to,
  startedAt: call.timeline.now(),
  status: 'in-progress',
  updatedAt: call.timeline.now(),
  text: '',
  language: 'en',
  durationMs: 0,
});

/** Whole seconds, at least one for anything that was said. */
export const secondsOf = ({ durationMs }: Recording): number => (durationMs === 0 ? 0 : Math.max(1, Math.round(durationMs / 1000)));

export const recordingPath = ({ accountSid, sid }: Recording): string => `/2010-04-01/Accounts/${accountSid}/Recordings/${sid}`;

const shared = (recording: Recording) => {
  const over = recording.status === 'completed' || recording.status === 'absent';
  return {
    account_sid: recording.accountSid,
    api_version: '2010-04-01',
    call_sid: recording.callSid,
    conference_sid: null,
    channels: 1,
    date_created: rfc2822(recording.startedAt),
    date_updated: rfc2822(recording.updatedAt),
    start_time: rfc2822OrNull(recording.startedAt),
    price: null,
    price_unit: 'USD',
    duration: over ? String(secondsOf(recording)) : '-1',
    sid: recording.sid,
    source: 'RecordVerb',
    status: recording.status,
    error_code: null,
    encryption_details: null,
  };
};

/** As twilio-oai's `api.v2010.account.recording`. */
export const recordingResource = (recording: Recording, origin: string) => {
  const path = recordingPath(recording);
  return {
    ...shared(recording),
    uri: `${path}.json`,
    subresource_uris: { add_on_results: `${path}/AddOnResults.json`, transcriptions: `${path}/Transcriptions.json` },
    media_url: `${origin}${path}`,
  };
};

/** As twilio-oai's `api.v2010.account.call.call_recording`. */
export const callRecordingResource = (recording: Recording) => ({
  ...shared(recording),
  track: 'both',
  uri: `/2010-04-01/Accounts/${recording.accountSid}/Calls/${recording.callSid}/Recordings/${recording.sid}.json`,
});
