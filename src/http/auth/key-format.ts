import { hash, randomBytes, randomInt } from 'node:crypto';

/** `dla_<prefix>_<secret>`: the start is found by secret scanners, the prefix is for people, the secret has 256 bits. */
const SHAPE = /^dla_[a-z0-9]{8}_[A-Za-z0-9_-]{43}$/;

const LETTERS = 'abcdefghijklmnopqrstuvwxyz0123456789';

export const PERMISSIONS = ['deliveries:read', 'deliveries:write'] as const;
export type Permission = (typeof PERMISSIONS)[number];

/** A new key, shown once; what is stored of it is its hash and its prefix. */
export function newApiKeySecret(): { key: string; prefix: string; hash: string } {
  const prefix = Array.from({ length: 8 }, () => LETTERS[randomInt(LETTERS.length)]).join('');
  const key = `dla_${prefix}_${randomBytes(32).toString('base64url')}`;
  return { key, prefix, hash: hashOfKey(key) };
}

/** SHA-256 in hexadecimal digits. A slow hash is for passwords: nobody guesses 256 bits. */
export function hashOfKey(key: string): string {
  return hash('sha256', key, 'hex');
}

/** The key of an Authorization header, or null when there is none of our shape. */
export function bearerKey(authorization: string | undefined): string | null {
  const [scheme, key, ...more] = (authorization ?? '').split(' ');
  if (scheme?.toLowerCase() !== 'bearer' || key === undefined || more.length > 0) return null;
  return SHAPE.test(key) ? key : null;
}
