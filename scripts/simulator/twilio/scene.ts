import type { Person } from '../person.ts';
import type { Spoken } from '../sentences.ts';
import type { Method } from './exchange.ts';
import type { Timeline } from './timeline.ts';

/** A document to fetch. `goodbye`: the person has hung up, so that the answer no longer matters. */
export interface Fetch {
  kind: 'fetch';
  url: string;
  method: Method;
  event: 'voice' | 'gather' | 'record';
  params: Readonly<Record<string, string>>;
  goodbye?: boolean;
}

/** Where a call goes on: with the next verb, with another document, or not at all. */
export type Next = { kind: 'on' } | { kind: 'hang-up' } | Fetch;

export const on: Next = { kind: 'on' };
export const hangUp: Next = { kind: 'hang-up' };

/** Who is told about a recording. */
export interface RecordingRequest {
  callbackUrl: string | null;
  callbackMethod: Method;
  callbackEvents: ReadonlySet<string>;
}

/** A recording that is going on. */
export interface Tape {
  /** Ends it with what was said; nothing said makes it absent. Returns the parameters that the action gets, null for an absent one. */
  finish: (text: string, language: Spoken) => Record<string, string> | null;
}

/** One call's conversation, as the verbs see it. */
export interface Scene {
  readonly person: Person;
  readonly timeline: Timeline;
  /** Address of the document being followed. */
  documentUrl: string;
  /** The language in which the person was last spoken to. */
  language: Spoken;
  /** How many prompts asked for keys so far. */
  prompts: number;
  startTape: (request: RecordingRequest) => Tape;
  note: (kind: 'heard' | 'pressed' | 'spoke', details: Record<string, unknown>) => void;
}
