import type { Call } from './call.ts';
import { isOver } from './call.ts';
import type { Recording } from './recording.ts';

export interface Store {
  addCall: (call: Call) => void;
  call: (sid: string) => Call | undefined;
  /** Newest first. */
  calls: () => Call[];
  addRecording: (recording: Recording) => void;
  recording: (sid: string) => Recording | undefined;
  recordingsOf: (callSid: string) => Recording[];
  removeRecording: (sid: string) => boolean;
  clear: () => void;
}

/** Remembers the last `max` calls and recordings; a call that is still going on is not forgotten. */
export const createStore = (max: number): Store => {
  const calls = new Map<string, Call>();
  const recordings = new Map<string, Recording>();

  const forgetOldest = <T>(kept: Map<string, T>, mayGo: (item: T) => boolean) => {
    if (kept.size <= max) return;
    for (const [sid, item] of kept) {
      if (!mayGo(item)) continue;
      kept.delete(sid);
      return;
    }
  };

  return {
    addCall: (call) => {
      calls.set(call.sid, call);
      forgetOldest(calls, isOver);
    },
    call: (sid) => calls.get(sid),
    calls: () => [...calls.values()].reverse(),
    addRecording: (recording) => {
      recordings.set(recording.sid, recording);
      forgetOldest(recordings, () => true);
    },
    recording: (sid) => recordings.get(sid),
    recordingsOf: (callSid) => [...recordings.values()].filter((recording) => recording.callSid === callSid).reverse(),
    removeRecording: (sid) => recordings.delete(sid),
    clear: () => {
      calls.clear();
      recordings.clear();
    },
  };
};
