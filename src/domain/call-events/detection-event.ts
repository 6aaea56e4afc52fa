import type { AmdEvent } from './call-event.ts';

/** One report a call of who answered, whoever files it first: Twilio, or we when its time is up. */
export const amdEventId = (callSid: string): string => `${callSid}:amd`;

/**
 * Closes the question who answered, once the outcome goes by it and the detection has said nothing. It takes the place of Twilio's own
 * report, which can then not change an outcome that has been acted upon, however late it comes.
 */
export const presumedEvent = (callSid: string, answeredBy: string, now: Date): AmdEvent => ({
  id: amdEventId(callSid),
  kind: 'amd',
  callSid,
  occurredAt: now,
  data: { answeredBy },
});
