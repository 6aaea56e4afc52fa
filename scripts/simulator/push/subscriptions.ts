import type { ECDH } from 'node:crypto';
import { createECDH, randomBytes, randomUUID } from 'node:crypto';

/** What a browser would hand to the server (W3C Push API, PushSubscription as JSON). */
export interface PushSubscription {
  endpoint: string;
  keys: { p256dh: string; auth: string };
}

/** How the service answers a subscription's messages; 201 is well. */
export type PushAnswer = 201 | 401 | 403 | 404 | 410 | 413 | 429 | 500 | 'hang';

/** The service's and the browser's side at once: the simulator can read what it is sent. */
export interface Subscriber {
  readonly id: string;
  readonly label: string | null;
  readonly keys: ECDH;
  readonly auth: Buffer;
  answer: PushAnswer;
}

export interface Subscriptions {
  create: (options?: { label?: string | undefined; answer?: PushAnswer | undefined }) => Subscriber;
  find: (id: string) => Subscriber | undefined;
  clear: () => void;
}

const MAX_SUBSCRIBERS = 10_000;

export const createSubscriptions = (): Subscriptions => {
  const kept = new Map<string, Subscriber>();
  return {
    create: ({ label, answer = 201 } = {}) => {
      const keys = createECDH('prime256v1');
      keys.generateKeys();
      const subscriber = { id: randomUUID(), label: label ?? null, keys, auth: randomBytes(16), answer };
      kept.set(subscriber.id, subscriber);
      const [oldest] = kept.keys();
      if (kept.size > MAX_SUBSCRIBERS && oldest !== undefined) kept.delete(oldest);
      return subscriber;
    },
    find: (id) => kept.get(id),
    clear: () => {
      kept.clear();
    },
  };
};

export const describeSubscription = ({ id, keys, auth }: Subscriber, origin: string): PushSubscription => ({
  endpoint: `${origin}/push/${id}`,
  keys: { p256dh: keys.getPublicKey('base64url'), auth: auth.toString('base64url') },
});
