/** How Twilio tries to reach a callback URL; times in real milliseconds (twilio.com/docs/usage/webhooks/webhooks-connection-overrides). */
export interface Target {
  /** As it is requested and signed: no fragment, no user info. */
  url: string;
  authorization: string | null;
  retries: number;
  policies: ReadonlySet<string>;
  connectMs: number;
  readMs: number;
  totalMs: number;
}

const bounded = (text: string | null, min: number, max: number, fallback: number): number => {
  const value = Number(text ?? '');
  return text === null || !Number.isInteger(value) || value < min || value > max ? fallback : value;
};

/** Cuts the connection overrides (`#rc=3&rp=all`) and user info off a URL. Throws a TypeError where there is no absolute http URL. */
export const parseCallbackUrl = (raw: string): Target => {
  const [url = '', fragment = ''] = raw.split('#', 2);
  const { username, password, protocol } = new URL(url);
  if (protocol !== 'http:' && protocol !== 'https:') throw new TypeError(`not an http URL: ${raw}`);
  const overrides = new URLSearchParams(fragment);
  return {
    url: url.replace(/^(https?:\/\/)[^/?@]*@/i, '$1'),
    authorization:
      username === '' ? null : `Basic ${Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString('base64')}`,
    retries: bounded(overrides.get('rc'), 0, 5, 1),
    policies: new Set((overrides.get('rp') ?? 'ct').split(',')),
    connectMs: bounded(overrides.get('ct'), 100, 10_000, 5000),
    readMs: bounded(overrides.get('rt'), 100, 15_000, 15_000),
    totalMs: bounded(overrides.get('tt'), 100, 15_000, 15_000),
  };
};
