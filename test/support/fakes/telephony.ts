import { RecordingNotFound } from '#src/providers/errors.ts';
import type { CallSnapshot, Dialed, DialRequest, Media, RecordingSnapshot, Telephony } from '#src/providers/telephony.ts';

export interface FakeTelephony extends Telephony {
  readonly dialed: DialRequest[];
  readonly cancelled: string[];
  readonly fetched: string[];
  /** Numbers and SIDs that were looked up. */
  readonly asked: string[];
  /** What the next dials answer; then every call is accepted, with a SID of its own. */
  readonly answers: (Dialed | ((request: DialRequest) => Promise<Dialed> | Dialed))[];
  /** What Twilio knows. */
  readonly calls: CallSnapshot[];
  readonly recordings: RecordingSnapshot[];
  readonly media: Map<string, Media>;
  /** Thrown by every request but `dial` and `cancel`, while it is set. */
  failure: Error | undefined;
}

export const callSid = (n: number) => `CA${n.toString(16).padStart(32, '0')}`;
export const recordingSid = (n: number) => `RE${n.toString(16).padStart(32, '0')}`;

/** Twilio, in memory: does as it is told and remembers what it was asked. */
export function fakeTelephony(): FakeTelephony {
  const fake: FakeTelephony = {
    dialed: [],
    cancelled: [],
    fetched: [],
    asked: [],
    answers: [],
    calls: [],
    recordings: [],
    media: new Map(),
    failure: undefined,
    async dial(request) {
      fake.dialed.push(request);
      const answer = fake.answers.shift() ?? { kind: 'accepted', callSid: callSid(fake.dialed.length), status: 'queued' };
      return typeof answer === 'function' ? answer(request) : answer;
    },
    async findCall(sid) {
      ask(sid);
      return fake.calls.find((call) => call.callSid === sid) ?? null;
    },
    async findCallsTo(number, { startedAfter }) {
      ask(number);
      return fake.calls.filter(({ to, dateCreated }) => to === number && (dateCreated ?? startedAfter) >= startedAfter);
    },
    async listCalls({ startedFrom, startedBefore, page }) {
      ask('the list of calls');
      const started = fake.calls.filter(({ startTime }) => startTime && startTime >= startedFrom && startTime < startedBefore);
      const from = Number(page ?? 0);
      return { calls: started.slice(from, from + 2), next: from + 2 < started.length ? String(from + 2) : null };
    },
    async cancel(sid) {
      fake.cancelled.push(sid);
      return 'requested';
    },
    async listRecordings(sid) {
      ask(sid);
      return fake.recordings.filter((recording) => recording.callSid === sid);
    },
    async fetchRecording(sid) {
      ask(sid);
      const media = fake.media.get(sid);
      if (!media) throw new RecordingNotFound('telephony');
      fake.fetched.push(sid);
      return media;
    },
    deleteRecording: async () => undefined,
  };
  const ask = (what: string) => {
    fake.asked.push(what);
    if (fake.failure) throw fake.failure;
  };
  return fake;
}
