import { createHmac } from 'node:crypto';

/**
 * The X-Twilio-Signature of a form-encoded request: base64(HMAC-SHA1(auth token, URL + each name and value in the order of the names)).
 * The simulator signs with code of its own, so that a fault in a library does not go unnoticed (twilio.com/docs/usage/webhooks/webhooks-security).
 */
export const sign = (authToken: string, url: string, params: Readonly<Record<string, string>>): string => {
  const pairs = Object.keys(params)
    .sort()
    .map((name) => name + (params[name] ?? ''));
  return createHmac('sha1', authToken)
    .update(url + pairs.join(''), 'utf8')
    .digest('base64');
};
