import { onTestFinished } from 'vitest';
import { createTwilioTelephony } from '#src/providers/telephony.twilio.ts';

export const ACCOUNT = `AC${'a'.repeat(32)}`;
export const CALL = `CA${'c'.repeat(32)}`;
export const RECORDING = `RE${'e'.repeat(32)}`;
export const CUSTOMER = '+12025550123';
export const FROM = '+12025550100';

export function telephonyAt(apiUrl: string) {
  const telephony = createTwilioTelephony({ accountSid: ACCOUNT, authToken: 'secret-token', fromNumber: FROM, apiUrl });
  onTestFinished(() => telephony.close());
  return telephony;
}

export const callBody = (over: Record<string, unknown> = {}) => ({
  sid: CALL,
  to: CUSTOMER,
  from: FROM,
  status: 'queued',
  date_created: 'Tue, 24 Nov 2026 10:00:00 +0000',
  start_time: null,
  end_time: null,
  duration: null,
  answered_by: null,
  ...over,
});

/** Twilio's error, which repeats the number. */
export const errorBody = (status: number, code: number) => ({
  code,
  message: `The number ${CUSTOMER} is not right`,
  more_info: '',
  status,
});
