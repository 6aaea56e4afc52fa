import { ObjectId } from 'mongodb';
import type { CallEvent, TwilioStatus } from '#src/domain/call-events/call-event.ts';
import { amdEvent, choiceEvent, recordingEvent, statusEvent } from '#src/http/twilio/to-event.ts';
import { SECOND } from '#src/platform/time.ts';
import type { CallSnapshot } from '#src/providers/telephony.ts';
import { drawCall, type Happening } from './call-script.ts';
import type { Scheduled } from './scheduler.ts';
import type { World } from './world.ts';

export interface SimCall {
  readonly sid: string;
  readonly attemptId: string;
  readonly to: string;
  readonly from: string;
  readonly createdAt: number;
  /** Twilio cannot reach us all the while. */
  readonly silent: boolean;
  /** What it has been, the latest last. */
  readonly history: { at: number; status: TwilioStatus; seconds?: number }[];
  /** Keys that were pressed and that we said to have noted. */
  readonly noted: string[];
  recording?: { sid: string; at: number; status: 'in-progress' | 'completed' | 'absent' };
  plan: Scheduled[];
}

/** A report of a call on its way to us. `toEvent`: as our routes read it. */
export interface Callback {
  call: SimCall;
  what: string;
  toEvent: (now: Date) => CallEvent;
  isChoice: boolean;
}

/** Twilio itself: the calls that there are, what happens in them, and what it reports. */
export interface SimTwilio {
  readonly calls: Map<string, SimCall>;
  place(to: string, attemptId: string): SimCall;
  /** Ends it, if it goes on. */
  hangUp(call: SimCall): 'requested' | 'already-over';
  /** As a reader sees it whose view is so many milliseconds old; null: not known yet. */
  snapshot(call: SimCall, lagMs: number): CallSnapshot | null;
  /** Where callbacks go. */
  onCallback: (callback: Callback) => void;
  /** Told of every call, after it was placed. */
  onPlaced: (call: SimCall) => void;
}

const OVER: readonly TwilioStatus[] = ['completed', 'busy', 'no-answer', 'failed', 'canceled'];
const FROM = '+12025550000';
const ACCOUNT = `AC${'0'.repeat(32)}`;

export const statusOf = ({ history }: SimCall): TwilioStatus => history.at(-1)?.status ?? 'queued';
export const isOver = (call: SimCall): boolean => OVER.includes(statusOf(call));
const sidOf = (prefix: string, n: number) => `${prefix}${n.toString(16).padStart(32, '0')}`;
const toSecond = (ms: number) => new Date(Math.floor(ms / SECOND) * SECOND);

export function createTwilio(world: World): SimTwilio {
  const { scheduler, random, weather, counter } = world;
  const calls = new Map<string, SimCall>();
  let sequences = 0;

  const report = (call: SimCall, what: string, toEvent: Callback['toEvent'], isChoice = false) =>
    twilio.onCallback({ call, what: `${what} of ${call.sid.slice(-4)}`, toEvent, isChoice });

  const becomes = (call: SimCall, status: TwilioStatus, seconds?: number, errorCode?: string) => {
    const now = scheduler.now();
    const SequenceNumber = call.history.length;
    call.history.push({ at: now, status, ...(seconds === undefined ? {} : { seconds }) });
    const told = {
      AccountSid: ACCOUNT,
      CallSid: call.sid,
      CallStatus: status,
      SequenceNumber,
      Timestamp: toSecond(now),
      ...(errorCode === undefined ? {} : { ErrorCode: errorCode }),
    };
    report(call, status, (at) => statusEvent(seconds === undefined ? told : { ...told, CallDuration: seconds }, at));
  };

  const happens = (call: SimCall, happening: Happening) => {
    const told = { AccountSid: ACCOUNT, CallSid: call.sid };
    switch (happening.kind) {
      case 'status':
        return becomes(call, happening.status, happening.seconds, happening.errorCode);
      case 'amd':
        return report(call, 'amd', (at) => amdEvent({ ...told, AnsweredBy: happening.answeredBy }, at));
      case 'choice':
        return report(call, `key ${happening.digits}`, (at) => choiceEvent({ ...told, Digits: happening.digits }, at), true);
      case 'recording': {
        const { status } = happening;
        call.recording = { sid: call.recording?.sid ?? sidOf('RE', (sequences += 1)), at: scheduler.now(), status };
        const recorded = { ...told, RecordingSid: call.recording.sid, RecordingStatus: status, RecordingDuration: 5 };
        return report(call, `recording ${status}`, (at) => recordingEvent(recorded, at));
      }
    }
  };

  const twilio: SimTwilio = {
    calls,
    onCallback: () => undefined,
    onPlaced: () => undefined,
    place(to, attemptId) {
      const sid = sidOf('CA', (sequences += 1));
      const silent = random.chance(weather.callback.silent);
      const call: SimCall = { sid, attemptId, to, from: FROM, createdAt: scheduler.now(), silent, history: [], noted: [], plan: [] };
      calls.set(sid, call);
      counter.add('calls placed');
      twilio.onPlaced(call);
      call.plan = drawCall(random).map((happening) =>
        scheduler.after(happening.at, `twilio: ${happening.kind} in ${sid.slice(-4)}`, () => happens(call, happening)),
      );
      return call;
    },
    hangUp(call) {
      if (isOver(call)) return 'already-over';
      for (const planned of call.plan) planned.cancel();
      const answered = call.history.find(({ status }) => status === 'in-progress');
      becomes(call, answered ? 'completed' : 'canceled', answered ? Math.round((scheduler.now() - answered.at) / SECOND) : undefined);
      return 'requested';
    },
    snapshot(call, lagMs) {
      const seen = scheduler.now() - lagMs;
      if (call.createdAt > seen) return null;
      const known = call.history.filter(({ at }) => at <= seen);
      const last = known.at(-1);
      const started = known.find(({ status }) => status === 'in-progress');
      const over = last && OVER.includes(last.status);
      return {
        callSid: call.sid,
        to: call.to,
        from: call.from,
        status: last === undefined || last.status === 'initiated' ? 'queued' : last.status,
        dateCreated: toSecond(call.createdAt),
        ...(started ? { startTime: toSecond(started.at) } : {}),
        ...(over ? { endTime: toSecond(last.at) } : {}),
        ...(last?.seconds === undefined ? {} : { durationSeconds: last.seconds }),
      };
    },
  };
  return twilio;
}

/** Of the address that Twilio was given for its callbacks. */
export const attemptIdIn = (url: string): string => {
  const id = /[0-9a-f]{24}/.exec(url)?.[0] ?? '';
  return ObjectId.isValid(id) ? id : '';
};
