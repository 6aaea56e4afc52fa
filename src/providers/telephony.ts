import type { ProviderDown, ProviderMisconfigured, RateLimited } from './errors.ts';

export interface DialRequest {
  /** E.164. */
  to: string;
  attemptUrls: { voice: string; status: string; amd: string };
  /** How long it may ring. */
  timeoutSeconds: number;
  /** How long the call may last. */
  timeLimitSeconds: number;
  /**
   * Awaited as the very last thing, when the connection stands and the request is ready to be written on it: false, and nothing is sent. A
   * process may have stood still since it decided to dial. Throws the error of a dial that was not sent.
   */
  mayStart?: () => Promise<boolean>;
}

export type Dialed =
  /** The call exists. `status` is the provider's word, usually `queued`. */
  | { kind: 'accepted'; callSid: string; status: string }
  /**
   * No call was made and none ever will be for this request; with `permanent-policy` an operator should know, with `unlisted` nobody
   * knows what the code says of the number. `message` is ours, without the number.
   */
  | { kind: 'refused'; code: number; message: string; action: 'permanent-number' | 'permanent-policy' | 'opted-out' | 'unlisted' }
  /** Surely no call was made: dialing again is safe. `error` is the signal's own reason where that was aborted before anything was sent, and `mayStart`'s own where that threw. */
  | { kind: 'not-sent'; error: RateLimited | ProviderMisconfigured | ProviderDown | Error }
  /** A call may or may not exist: only a callback or a look-up can tell. */
  | { kind: 'unknown'; error: Error };

export interface CallSnapshot {
  callSid: string;
  to: string;
  from: string;
  /** queued, ringing, in-progress, completed, busy, no-answer, failed or canceled. */
  status: string;
  /** When it was created; Twilio leaves it out for a moment after the call was accepted. */
  dateCreated?: Date;
  startTime?: Date;
  endTime?: Date;
  durationSeconds?: number;
  answeredBy?: string;
}

export interface CallPage {
  calls: CallSnapshot[];
  /** Names the page after this one; null: there is none. */
  next: string | null;
}

export interface RecordingSnapshot {
  recordingSid: string;
  callSid: string;
  /** in-progress, paused, stopped, processing, completed or absent. */
  status: string;
  dateCreated?: Date;
  durationSeconds?: number;
}

export interface Media {
  bytes: Buffer;
  contentType: string;
}

export interface FetchOptions {
  maxBytes: number;
  /** How long it was announced to be; audio that is far shorter is taken for truncated. */
  seconds?: number;
  signal: AbortSignal;
}

/**
 * Phone calls. Except for `dial` and `cancel`, which never throw, everything throws the signal's reason when that is aborted, and
 * `RateLimited`, `ProviderDown`, `ProviderMisconfigured` or `PermanentlyRefused`.
 */
export interface Telephony {
  /** Places one call, by one request that is never repeated. */
  dial(request: DialRequest, signal: AbortSignal): Promise<Dialed>;
  /** null: not known, or not known yet (reads lag behind writes). */
  findCall(callSid: string, signal: AbortSignal): Promise<CallSnapshot | null>;
  /** Up to a hundred calls to a number, newest first, created at or after an instant (to the second). Reads lag behind writes: an empty list proves nothing by itself. */
  findCallsTo(number: string, options: { startedAfter: Date }, signal: AbortSignal): Promise<CallSnapshot[]>;
  /**
   * One page of the calls from our number that have started from the one instant on and before the other (to the second), newest first.
   * `page`: which, by the word of the page before. A call that never left Twilio's queue has not started.
   */
  listCalls(options: { startedFrom: Date; startedBefore: Date; page?: string }, signal: AbortSignal): Promise<CallPage>;
  /** Ends a call, whether it waits, rings or is spoken in. `unknown`: it was not confirmed, ask again. */
  cancel(callSid: string, signal: AbortSignal): Promise<'requested' | 'already-over' | 'unknown'>;
  listRecordings(callSid: string, signal: AbortSignal): Promise<RecordingSnapshot[]>;
  /** The audio, whole and in memory. Throws also `RecordingNotFound` and `RecordingUnusable`. */
  fetchRecording(recordingSid: string, options: FetchOptions): Promise<Media>;
  /** Removes the provider's copy; one that is gone already is no error. */
  deleteRecording(recordingSid: string, signal: AbortSignal): Promise<void>;
}
