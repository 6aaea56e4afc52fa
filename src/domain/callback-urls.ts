export interface CallbackUrls {
  /** Asked for TwiML when somebody answers. */
  voice: string;
  /** Told of each step of the call. */
  status: string;
  /** Told who answered: a human or a machine. */
  amd: string;
}

/**
 * Twilio's connection overrides: five retries on every failure, also of a 5xx, which by default is not tried again; a short
 * connect time-out, and one for the answer, so that a process that stands still leaves time for a retry: all of them end within 15 s. The
 * slowest rightful answer asks a caller for a moment, after 2.5 s. The fragment is not part of the signature.
 * https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides
 */
const RETRIES = '#rc=5&rp=all&ct=2000&rt=4000';

const base = (publicUrl: string) => `${publicUrl}/webhooks/twilio`;

/** Where Twilio reports on the call of one attempt. The attempt's id is in every address, so that a callback finds it before any SID is stored. */
export const callbackUrls = (publicUrl: string, attemptId: string): CallbackUrls => ({
  voice: `${base(publicUrl)}/voice/${attemptId}${RETRIES}`,
  status: `${base(publicUrl)}/status/${attemptId}${RETRIES}`,
  amd: `${base(publicUrl)}/amd/${attemptId}${RETRIES}`,
});

/** Where the menu's key and the recording go. */
export const menuUrls = (publicUrl: string, attemptId: string) => ({
  choice: `${base(publicUrl)}/choice/${attemptId}${RETRIES}`,
  recorded: `${base(publicUrl)}/recorded/${attemptId}${RETRIES}`,
  recordingStatus: `${base(publicUrl)}/recording/${attemptId}${RETRIES}`,
});

/** Where the same question is asked once more, with the key that was pressed before it could be noted. */
export function holdOnUrl(
  publicUrl: string,
  name: string,
  attemptId: string,
  { again, digits }: { again: number; digits?: string },
): string {
  const query = new URLSearchParams({ again: String(again), ...(digits === undefined ? {} : { digits }) });
  return `${base(publicUrl)}/${name}/${attemptId}?${query.toString()}${RETRIES}`;
}
