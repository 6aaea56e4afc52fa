import type { Call } from './call.ts';
import { runCall } from './line.ts';
import type { Office } from './office.ts';

export interface Dialer {
  dial: (call: Call) => void;
}

/** Dials calls in turn, at most `cps` a simulated second; without a limit at once. Twilio queues what exceeds an account's limit in the same way. */
export const createDialer = (office: Office, cps: number | null): Dialer => {
  const gapMs = cps === null ? 0 : 1000 / cps;
  let freeAt = 0;
  return {
    dial: (call) => {
      const at = Math.max(call.createdAt, freeAt);
      freeAt = at + gapMs;
      office.background(() => runCall(office, call, Math.round(at - call.createdAt)));
    },
  };
};
