import type { FastifyRequest } from 'fastify';
import { problem } from '#src/http/problems/http-problem.ts';
import type { Metrics } from '#src/platform/metrics.ts';
import { verifyTwilioSignature } from '#src/providers/twilio-signature.ts';
import { callbacks, type Callback, type CallbackName } from './request.ts';

export interface AuthenticDeps {
  publicUrl: string;
  accountSid: string;
  authToken: string;
  metrics: Metrics;
}

/** A callback that is surely Twilio's, about our account, and well-formed. Throws 403 or 400 otherwise, counted by reason and before anything is read or written. */
export function authentic<Name extends CallbackName>(name: Name, request: FastifyRequest, deps: AuthenticDeps): Callback<Name> {
  const refuse = (status: 400 | 403, reason: string) => {
    deps.metrics.callbacksRefused.inc({ reason });
    return problem({ status, type: `callback-${reason}`, title: 'The callback was refused' });
  };
  const rawBody = (request.body as Buffer | undefined) ?? Buffer.alloc(0);
  const signature = request.headers['x-twilio-signature'];
  const signed =
    typeof signature === 'string' &&
    verifyTwilioSignature({
      authToken: deps.authToken,
      publicUrl: deps.publicUrl,
      rawTarget: request.raw.url ?? '',
      contentType: request.headers['content-type'] ?? '',
      rawBody,
      signature,
    });
  if (!signed) throw refuse(403, 'signature');

  const parameters = formParameters(rawBody);
  const parsed = parameters ? callbacks[name].safeParse(parameters) : null;
  if (!parsed?.success) throw refuse(400, 'malformed');
  if (parsed.data.AccountSid !== deps.accountSid) throw refuse(403, 'account');
  return parsed.data as Callback<Name>;
}

/** The body's parameters, without empty ones; null for bad UTF-8 and for a parameter that comes twice, which Twilio never sends. */
function formParameters(rawBody: Buffer): Record<string, string> | null {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(rawBody);
    decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return null;
  }
  const entries = [...new URLSearchParams(text)];
  const names = new Set(entries.map(([name]) => name));
  return names.size === entries.length ? Object.fromEntries(entries.filter(([, value]) => value !== '')) : null;
}
