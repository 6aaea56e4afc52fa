import { createPublicKey, verify } from 'node:crypto';

interface Claims {
  aud?: unknown;
  exp?: unknown;
  sub?: unknown;
}

const publicKeyOf = (raw: Buffer) =>
  createPublicKey({
    format: 'jwk',
    key: { kty: 'EC', crv: 'P-256', x: raw.subarray(1, 33).toString('base64url'), y: raw.subarray(33, 65).toString('base64url') },
  });

const claimsOf = (token: string, key: Buffer): Claims | null => {
  const [head = '', body = '', signature = ''] = token.split('.');
  const signed = Buffer.from(`${head}.${body}`);
  const valid = verify('sha256', signed, { key: publicKeyOf(key), dsaEncoding: 'ieee-p1363' }, Buffer.from(signature, 'base64url'));
  return valid ? (JSON.parse(Buffer.from(body, 'base64url').toString('utf8')) as Claims) : null;
};

/** What is wrong with a VAPID header (RFC 8292: `vapid t=<JWT>, k=<key>`); null where it is signed, for this service and still valid. */
export const vapidComplaint = (header: string | undefined, origin: string): string | null => {
  const [, token, key] = /^vapid t=([\w.-]+), ?k=([\w-]+)$/i.exec(header ?? '') ?? [];
  if (token === undefined || key === undefined) return 'missing VAPID authorization';
  const raw = Buffer.from(key, 'base64url');
  if (raw.length !== 65) return 'the VAPID key is no P-256 point';
  const claims = claimsOf(token, raw);
  if (!claims) return 'the VAPID signature does not fit';
  if (claims.aud !== origin) return `the VAPID audience is not ${origin}`;
  return typeof claims.exp === 'number' && claims.exp > Date.now() / 1000 ? null : 'the VAPID token has expired';
};
