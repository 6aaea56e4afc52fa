import type { Clock } from '../clock.ts';
import type { Person } from '../person.ts';
import type { CallRequest } from './call-request.ts';
import { newSid } from './sid.ts';
import type { Timeline } from './timeline.ts';
import { createTimeline } from './timeline.ts';

export type CallStatus = 'queued' | 'initiated' | 'ringing' | 'in-progress' | 'completed' | 'busy' | 'no-answer' | 'failed' | 'canceled';

const endings: ReadonlySet<CallStatus> = new Set(['completed', 'busy', 'no-answer', 'failed', 'canceled']);

/** One call; times are simulated milliseconds since the epoch. */
export interface Call {
  readonly sid: string;
  readonly accountSid: string;
  readonly request: CallRequest;
  readonly person: Person;
  readonly timeline: Timeline;
  readonly createdAt: number;
  status: CallStatus;
  updatedAt: number;
  /** When it was dialed, after waiting in the queue. */
  startedAt: number | null;
  answeredAt: number | null;
  endedAt: number | null;
  queueMs: number;
  answeredBy: string | null;
  /** Number of the next status callback. */
  sequence: number;
}

export const createCall = (clock: Clock, accountSid: string, request: CallRequest, person: Person): Call => {
  const timeline = createTimeline(clock);
  return {
    sid: newSid('CA'),
    accountSid,
    request,
    person,
    timeline,
    createdAt: timeline.now(),
    status: 'queued',
    updatedAt: timeline.now(),
    startedAt: null,
    answeredAt: null,
    endedAt: null,
    queueMs: 0,
    answeredBy: null,
    sequence: 0,
  };
};

export const isOver = (call: Call): boolean => endings.has(call.status);

/** Whole seconds from the answer to the end; 0 for a call that was not answered. */
export const durationOf = ({ answeredAt, endedAt }: Call): number =>
  answeredAt === null || endedAt === null ? 0 : Math.round((endedAt - answeredAt) / 1000);
