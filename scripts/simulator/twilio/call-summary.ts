import type { LogEntry } from '../log.ts';
import type { Call } from './call.ts';
import { durationOf } from './call.ts';

/** A call in short; times are ISO 8601, simulated. */
export interface CallSummary {
  callSid: string;
  to: string;
  from: string;
  scenario: string;
  status: string;
  /** The TwiML address that the caller gave: it tells which attempt this was. */
  url: string;
  statusCallback: string | null;
  createdAt: string;
  startedAt: string | null;
  answeredAt: string | null;
  endedAt: string | null;
  seconds: number;
  answeredBy: string | null;
  /** What the person pressed, in order. */
  pressed: string[];
  /** What the person said, in order. */
  spoke: string[];
  recordings: { recordingSid: string; status: string; seconds: number; text: string }[];
  /** Callbacks and TwiML requests, in order: event and the answer's status (null: none, or not yet). */
  requests: { event: string; status: number | null; sequence: string | null }[];
}

const isoOrNull = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());
const text = (value: unknown): string => (typeof value === 'string' ? value : '');

const recordingsOf = (entries: readonly LogEntry[]): CallSummary['recordings'] =>
  entries
    .filter(({ kind }) => kind === 'recording')
    .map((entry) => ({
      recordingSid: text(entry['recordingSid']),
      status: text(entry['status']),
      seconds: Number(entry['seconds'] ?? 0),
      text: text(entry['text']),
    }));

const requestsOf = (entries: readonly LogEntry[]): CallSummary['requests'] =>
  entries
    .filter(({ kind }) => kind === 'callback' || kind === 'voice')
    .map((entry) => ({
      event: text(entry['event']),
      status: typeof entry['status'] === 'number' ? entry['status'] : null,
      sequence: (entry['params'] as Record<string, string> | undefined)?.['SequenceNumber'] ?? null,
    }));

const summarise = (call: Call, entries: readonly LogEntry[]): CallSummary => ({
  callSid: call.sid,
  to: call.request.to,
  from: call.request.from,
  scenario: call.person.scenario,
  status: call.status,
  url: call.request.url,
  statusCallback: call.request.statusCallback,
  createdAt: new Date(call.createdAt).toISOString(),
  startedAt: isoOrNull(call.startedAt),
  answeredAt: isoOrNull(call.answeredAt),
  endedAt: isoOrNull(call.endedAt),
  seconds: durationOf(call),
  answeredBy: call.answeredBy,
  pressed: entries.filter(({ kind }) => kind === 'pressed').map((entry) => text(entry['digits'])),
  spoke: entries.filter(({ kind }) => kind === 'spoke').map((entry) => text(entry['text'])),
  recordings: recordingsOf(entries),
  requests: requestsOf(entries),
});

/** All remembered calls in short, oldest first, with what the log knows of each. */
export const summariseCalls = (calls: readonly Call[], log: readonly LogEntry[]): CallSummary[] => {
  const byCall = Map.groupBy(log, (entry) => entry['callSid']);
  return calls.toReversed().map((call) => summarise(call, byCall.get(call.sid) ?? []));
};
