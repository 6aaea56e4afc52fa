import type { Clock } from './clock.ts';

/**
 * What an entry is about. `rest`: a request to Twilio's API; `call`: a call that was placed; `status`: its state changed; `voice`: TwiML was fetched;
 * `heard`, `pressed`, `spoke`, `hung-up`: the person; `callback`: one delivery of a callback; `recording`, `media`: a recording and its downloads;
 * `transcription`, `analysis`: OpenAI; `push`: a push message; `fault`: a scripted fault struck; `error`: Twilio would have raised an error.
 */
export type LogKind =
  | 'rest'
  | 'call'
  | 'status'
  | 'voice'
  | 'heard'
  | 'pressed'
  | 'spoke'
  | 'hung-up'
  | 'amd'
  | 'callback'
  | 'recording'
  | 'media'
  | 'transcription'
  | 'analysis'
  | 'push'
  | 'fault'
  | 'error';

/** `at` is simulated, `realAt` real time (ISO 8601, UTC). What else there is depends on the kind. */
export interface LogEntry {
  readonly seq: number;
  readonly at: string;
  readonly realAt: string;
  readonly kind: LogKind;
  [detail: string]: unknown;
}

export interface LogFilter {
  kind?: string | undefined;
  callSid?: string | undefined;
  to?: string | undefined;
  /** Only entries after this sequence number. */
  after?: number | undefined;
  /** The newest so many. */
  limit?: number | undefined;
}

export interface Log {
  /** Returns the entry itself: the writer may add what becomes known later (an answer's status). */
  add: (kind: LogKind, details: Record<string, unknown>, atMs?: number) => LogEntry;
  entries: (filter?: LogFilter) => LogEntry[];
  /** How many entries were forgotten because the log is bounded. */
  forgotten: () => number;
  clear: () => void;
}

const matches = (entry: LogEntry, { kind, callSid, to, after }: LogFilter): boolean =>
  (kind === undefined || kind.split(',').includes(entry.kind)) &&
  (callSid === undefined || entry['callSid'] === callSid) &&
  (to === undefined || entry['to'] === to) &&
  (after === undefined || entry.seq > after);

/** The simulator's witness: bounded to `max` entries, the oldest go first. */
export const createLog = (clock: Clock, max: number): Log => {
  let entries: LogEntry[] = [];
  let seq = 0;
  let forgotten = 0;
  return {
    add: (kind, details, atMs = clock.now()) => {
      seq += 1;
      const entry: LogEntry = { ...details, seq, at: new Date(atMs).toISOString(), realAt: new Date().toISOString(), kind };
      entries.push(entry);
      // In slices: shifting one by one would move the whole array for every entry.
      if (entries.length > max * 1.1) {
        forgotten += entries.length - max;
        entries = entries.slice(-max);
      }
      return entry;
    },
    entries: (filter = {}) => {
      const found = entries.filter((entry) => matches(entry, filter));
      return filter.limit === undefined ? found : found.slice(Math.max(0, found.length - filter.limit));
    },
    forgotten: () => forgotten,
    clear: () => {
      entries = [];
      forgotten = 0;
    },
  };
};
