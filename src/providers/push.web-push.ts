import { createHash } from 'node:crypto';
import type { Agent } from 'undici';
import webPush from 'web-push';
import { PermanentlyRefused, ProviderAnswer, ProviderDown, ProviderMisconfigured, RateLimited, Withheld } from './errors.ts';
import type { Push, Pushed, PushMessage, PushOptions } from './push.ts';
import { isAllowedEndpoint, PushSubscription } from './push-subscription.ts';
import { retryAfterMs } from './retry-after.ts';
import { createTransport, NotStarted, type Answer, type Exchange } from './transport.ts';

export interface PushSettings {
  /** VAPID, both base64url. */
  publicKey: string;
  privateKey: string;
  /** `mailto:` or `https:`. */
  subject: string;
  allowedHosts: readonly string[];
}

const TIMEOUT_MS = 10_000;
/** 4,096 bytes that every push service must take (RFC 8030), without what encryption adds (RFC 8188). */
const LARGEST_PAYLOAD = 3993;
const DEFAULT_WAIT_MS = 30_000;
const MAX_ANSWER_BYTES = 64 * 1024;

/**
 * Web push: the library encrypts and signs, our transport sends, since the library's own can neither be aborted nor bounded.
 * `connect` is undici's, for a push service with a certificate of its own. `close` ends the idle connections.
 */
export function createWebPush(settings: PushSettings, connect: Agent.Options['connect'] = {}): Push & { close(): Promise<void> } {
  const transport = createTransport({ connect, headersTimeout: TIMEOUT_MS, bodyTimeout: TIMEOUT_MS });
  const exchange = async (request: Exchange): Promise<Answer> => {
    try {
      return await transport.exchange(request);
    } catch (error) {
      if (error instanceof NotStarted) throw error.cause;
      throw request.signal.aborted ? request.signal.reason : new ProviderDown('push', { cause: error });
    }
  };
  return {
    async send(subscription, message, options, signal) {
      const parsed = PushSubscription.safeParse(subscription);
      if (!parsed.success) return { kind: 'invalid' };
      if (!isAllowedEndpoint(parsed.data.endpoint, settings.allowedHosts)) return { kind: 'not-allowed' };
      const payload = JSON.stringify({ title: message.title, body: message.body, data: message.data } satisfies PushMessage);
      if (Buffer.byteLength(payload) > LARGEST_PAYLOAD) return { kind: 'too-large' };

      const prepared = prepare(parsed.data, payload, options, settings);
      if (!prepared) return { kind: 'invalid' };
      const { endpoint: url, body, headers } = prepared;
      // In small letters: ours replaces the library's length, and is not sent beside it.
      const named = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)]));
      const mayStart = options.mayStart && orWithheld(options.mayStart);
      return outcome(await exchange({ method: 'POST', url, headers: named, body, maxBytes: MAX_ANSWER_BYTES, signal, mayStart }));
    },
    close: () => transport.close(),
  };
}

/** By an error of its own, so that our own delay is not taken for the push service's. */
const orWithheld = (may: () => Promise<boolean>) => async (): Promise<true> => {
  if (await may()) return true;
  throw new Withheld();
};

/** The encrypted and signed request; null if the subscription's key is no point of the curve. */
function prepare(subscription: PushSubscription, payload: string, { ttlSeconds, urgency, topic }: PushOptions, settings: PushSettings) {
  const { publicKey, privateKey, subject } = settings;
  try {
    return webPush.generateRequestDetails(subscription, payload, {
      vapidDetails: { subject, publicKey, privateKey },
      TTL: ttlSeconds, // the library's default is four weeks
      urgency,
      topic: shortTopic(topic),
    });
  } catch {
    // The library does not say whose key it could not use, and quotes it.
    if (!canEncryptFor(subscription)) return null;
    throw new ProviderMisconfigured('push', 'vapid');
  }
}

function canEncryptFor({ keys }: PushSubscription): boolean {
  try {
    webPush.encrypt(keys.p256dh, keys.auth, '', 'aes128gcm');
    return true;
  } catch {
    return false;
  }
}

/** At most 32 characters of base64url (RFC 8030). */
const shortTopic = (topic: string) =>
  /^[A-Za-z0-9_-]{1,32}$/.test(topic) ? topic : createHash('sha256').update(topic).digest('base64url').slice(0, 32);

function outcome({ status, headers }: Answer): Pushed {
  if (status >= 200 && status < 300) return { kind: 'sent' };
  if (status === 404 || status === 410) return { kind: 'gone' };
  if (status === 413) return { kind: 'too-large' };
  const cause = new ProviderAnswer(status);
  // Windows' push service says 406 where others say 429. https://github.com/MicrosoftDocs/windows-dev-docs/issues/4166
  if (status === 429 || status === 406) {
    throw new RateLimited('push', retryAfterMs(headers['retry-after'], headers.date, DEFAULT_WAIT_MS), { cause });
  }
  if (status === 401 || status === 403) throw new ProviderMisconfigured('push', status, { cause });
  if (status >= 300 && status < 500 && status !== 408) throw new PermanentlyRefused('push', status, { cause });
  throw new ProviderDown('push', { cause });
}
