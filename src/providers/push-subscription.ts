import { z } from 'zod';

/** A browser's PushSubscription as JSON: an address by TLS, an uncompressed P-256 point (65 bytes), a secret (16 bytes). https://www.w3.org/TR/push-api/ */
export const PushSubscription = z.object({
  endpoint: z.url({ protocol: /^https$/ }).max(2048),
  keys: z.object({
    p256dh: z.string().regex(/^[A-Za-z0-9_-]{87}=?$/),
    auth: z.string().regex(/^[A-Za-z0-9_-]{22}={0,2}$/),
  }),
});
export type PushSubscription = z.infer<typeof PushSubscription>;

/**
 * Whether an address belongs to a push service that we speak to: whoever stores a subscription would else choose where our server
 * sends requests. Entries: `host`, `host:port`, and `.suffix` or `*.suffix` for everything below a name.
 */
export function isAllowedEndpoint(endpoint: string, allowedHosts: readonly string[]): boolean {
  const { protocol, hostname, host, username, password } = new URL(endpoint);
  if (protocol !== 'https:' || username !== '' || password !== '') return false;
  return allowedHosts.some((entry) => {
    const allowed = entry.trim().toLowerCase().replace(/^\*\./, '.');
    if (allowed.startsWith('.')) return allowed.length > 1 && hostname.endsWith(allowed) && hostname.length > allowed.length;
    return allowed !== '' && (hostname === allowed || host === allowed);
  });
}
