import twilio from 'twilio';

export interface SignedRequest {
  authToken: string;
  /** Our own address as Twilio knows it, without a slash at the end; never taken from the request's headers. */
  publicUrl: string;
  /** Path and query exactly as they came, not decoded and encoded again. */
  rawTarget: string;
  contentType: string | undefined;
  rawBody: Buffer;
  /** The header `X-Twilio-Signature`. */
  signature: string | undefined;
}

/**
 * Whether Twilio signed this request. Never throws.
 *
 * It is no more than that: the signature has no delimiters (`CallSid=CA1&CallStatus=completed` is signed like
 * `CallSid=CA1CallStatuscompleted`) and no time. So each parameter must still be held to a strict schema and to what we know of
 * the call, and repeated requests must do no harm. https://www.twilio.com/docs/usage/webhooks/webhooks-security
 */
export function verifyTwilioSignature({ authToken, publicUrl, rawTarget, contentType, rawBody, signature }: SignedRequest): boolean {
  if (!signature || !rawTarget.startsWith('/')) return false;
  try {
    const url = publicUrl + rawTarget;
    const body = new TextDecoder('utf-8', { fatal: true }).decode(rawBody);
    const type = contentType?.split(';')[0]?.trim().toLowerCase();
    if (type === 'application/x-www-form-urlencoded') return twilio.validateRequest(authToken, signature, url, parameters(body));
    // Any other body is signed by its hash in the query; without a body there is nothing but the address.
    return rawBody.length === 0
      ? twilio.validateRequest(authToken, signature, url, {})
      : twilio.validateRequestWithBody(authToken, signature, url, body);
  } catch {
    return false;
  }
}

/** Repeated names become a list, which is how the library takes them. */
function parameters(body: string): Record<string, string | string[]> {
  const grouped = new Map<string, string[]>();
  for (const [name, value] of new URLSearchParams(body)) grouped.set(name, [...(grouped.get(name) ?? []), value]);
  const single = [...grouped].map(([name, values]): [string, string | string[]] => [
    name,
    values.length === 1 ? (values[0] ?? '') : values,
  ]);
  return Object.fromEntries(single);
}
