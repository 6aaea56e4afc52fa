import { ProviderDown, ProviderMisconfigured, RateLimited } from './errors.ts';
import type { Dialed, DialRequest } from './telephony.ts';
import { ExchangeFailed, NotStarted } from './transport.ts';
import { answerError, TwilioAnswered } from './twilio-answer.ts';
import { twilioError } from './twilio-errors.ts';

const CALL_SID = /^CA[0-9a-f]{32}$/i;

/** The request's parameters, in the SDK's names. https://www.twilio.com/docs/voice/api/call-resource */
export const dialParameters = ({ to, attemptUrls, timeoutSeconds, timeLimitSeconds }: DialRequest, from: string) => ({
  to,
  from,
  url: attemptUrls.voice,
  method: 'POST',
  statusCallback: attemptUrls.status,
  statusCallbackEvent: ['initiated', 'ringing', 'answered', 'completed'],
  statusCallbackMethod: 'POST',
  timeout: timeoutSeconds,
  timeLimit: timeLimitSeconds,
  machineDetection: 'Enable',
  asyncAmd: 'true', // in the background: else the customer waits for the first word
  asyncAmdStatusCallback: attemptUrls.amd,
  asyncAmdStatusCallbackMethod: 'POST',
});

/** A success that names no call is no success: something in between answered. */
export const acceptedDial = ({ sid, status }: { sid?: string; status?: string }): Dialed =>
  sid !== undefined && CALL_SID.test(sid)
    ? { kind: 'accepted', callSid: sid, status: status ?? 'queued' }
    : { kind: 'unknown', error: new ProviderDown('telephony', { cause: new Error('the answer names no call') }) };

/** What became of a dial that threw. Whatever is not surely silent is unknown. */
export function failedDial(error: unknown, signal: AbortSignal): Dialed {
  if (error instanceof TwilioAnswered) return answeredDial(error);
  if (error instanceof NotStarted && error.cause instanceof Error) return { kind: 'not-sent', error: error.cause };
  const down = new ProviderDown('telephony', { cause: error instanceof ExchangeFailed ? error : new Error('the answer cannot be read') });
  if (error instanceof ExchangeFailed && error.phase === 'connecting') {
    return { kind: 'not-sent', error: signal.aborted && signal.reason instanceof Error ? signal.reason : down };
  }
  return { kind: 'unknown', error: down };
}

function answeredDial(answer: TwilioAnswered): Dialed {
  const error = answerError(answer);
  if (error instanceof RateLimited || error instanceof ProviderMisconfigured) return { kind: 'not-sent', error };
  if (error instanceof ProviderDown) return { kind: 'unknown', error };
  const { action, message } = twilioError(answer.status, answer.twilioCode);
  return {
    kind: 'refused',
    code: answer.twilioCode ?? answer.status,
    message,
    action: action === 'permanent-number' || action === 'opted-out' || action === 'unlisted' ? action : 'permanent-policy',
  };
}
