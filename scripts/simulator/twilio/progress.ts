import type { Call, CallStatus } from './call.ts';
import { durationOf, isOver } from './call.ts';
import type { CallbackEvent } from './callbacks.ts';
import { rfc2822 } from './dates.ts';
import type { Office } from './office.ts';

/** What every request about a call carries. */
export const callParams = (call: Call): Record<string, string> => ({
  AccountSid: call.accountSid,
  ApiVersion: '2010-04-01',
  CallSid: call.sid,
  CallStatus: call.status,
  Called: call.request.to,
  Caller: call.request.from,
  Direction: 'outbound-api',
  From: call.request.from,
  To: call.request.to,
});

const eventOf = (call: Call): CallbackEvent => {
  if (isOver(call)) return 'completed';
  return call.status === 'in-progress' ? 'answered' : (call.status as 'initiated' | 'ringing');
};

const endParams = (call: Call, sipCode: number): Record<string, string> => {
  const seconds = durationOf(call);
  // Duration is in minutes, CallDuration in seconds (twilio.com/docs/voice/api/call-resource).
  return { CallDuration: String(seconds), Duration: String(Math.ceil(seconds / 60)), SipResponseCode: String(sipCode) };
};

/** Moves a call on, and tells who asked to be told. `sipCode` counts for a final state. */
export const moveTo = ({ log, callbacks }: Office, call: Call, status: CallStatus, sipCode = 200): void => {
  call.status = status;
  call.updatedAt = call.timeline.now();
  if (isOver(call)) call.endedAt = call.updatedAt;
  const { to, statusCallback, statusCallbackEvents, statusCallbackMethod } = call.request;
  const ending = isOver(call) ? endParams(call, sipCode) : {};
  log.add('status', { callSid: call.sid, to, status, ...ending }, call.timeline.now());

  const event = eventOf(call);
  if (statusCallback === null || !statusCallbackEvents.has(event)) return;
  const params = {
    ...callParams(call),
    ...ending,
    CallbackSource: 'call-progress-events',
    SequenceNumber: String(call.sequence),
    Timestamp: rfc2822(call.timeline.now()),
  };
  call.sequence += 1;
  callbacks.notify({ call, event, url: statusCallback, method: statusCallbackMethod, params });
};
