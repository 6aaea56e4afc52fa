import { z } from 'zod';

import type { Method } from './exchange.ts';
import { RestError } from './rest-error.ts';

/** What the caller of the REST API asked for. */
export interface CallRequest {
  to: string;
  from: string;
  url: string;
  method: Method;
  fallbackUrl: string | null;
  statusCallback: string | null;
  statusCallbackMethod: Method;
  statusCallbackEvents: ReadonlySet<string>;
  machineDetection: 'Enable' | 'DetectMessageEnd' | null;
  asyncAmd: boolean;
  asyncAmdStatusCallback: string | null;
  asyncAmdStatusCallbackMethod: Method;
  /** Seconds. */
  timeout: number;
  /** Seconds. */
  timeLimit: number;
}

const one = z.string().optional();
/** Every field of the form that is looked at; Twilio ignores what it does not know, and so does this. */
const Form = z.object({
  To: one,
  From: one,
  Url: one,
  Method: z.enum(['GET', 'POST']).default('POST'),
  FallbackUrl: one,
  StatusCallback: one,
  StatusCallbackMethod: z.enum(['GET', 'POST']).default('POST'),
  StatusCallbackEvent: z.union([z.string(), z.array(z.string())]).default('completed'),
  MachineDetection: z.enum(['Enable', 'DetectMessageEnd']).optional(),
  AsyncAmd: z.string().default('false'),
  AsyncAmdStatusCallback: one,
  AsyncAmdStatusCallbackMethod: z.enum(['GET', 'POST']).default('POST'),
  Timeout: z.coerce.number().int().min(1).max(600).default(60),
  TimeLimit: z.coerce.number().int().min(1).max(86_400).default(14_400),
});

const E164 = /^\+[1-9]\d{6,14}$/;
const knownEvents = new Set(['initiated', 'ringing', 'answered', 'completed']);

/** An address that Twilio would call: absolute, http or https, no underscore in its host. */
const isUrl = (text: string): boolean => {
  const url = URL.parse(text);
  return url !== null && /^https?:$/.test(url.protocol) && !url.hostname.includes('_');
};

const checkUrls = (urls: readonly (string | undefined)[]): void => {
  for (const url of urls) if (url !== undefined && !isUrl(url)) throw new RestError(400, 21205, `Url is not a valid URL: ${url}`);
};

const checkNumbers = (
  { To, From }: { To?: string | undefined; From?: string | undefined },
  ours: string | null,
): { to: string; from: string } => {
  if (!To) throw new RestError(400, 21201, "No 'To' number is specified");
  if (!From) throw new RestError(400, 21213, "No 'From' number is specified");
  if (!E164.test(From))
    throw new RestError(400, 21212, `The 'From' number ${From} is not a valid phone number, shortcode, or alphanumeric sender ID.`);
  if (ours !== null && From !== ours)
    throw new RestError(400, 21210, `The source phone number provided, ${From}, is not yet verified for your account.`);
  if (!E164.test(To)) throw new RestError(400, 21211, `The 'To' number ${To} is not a valid phone number.`);
  return { to: To, from: From };
};

/**
 * Checks a form as Twilio does; throws a RestError with Twilio's code. With `ours`, no other number may call.
 * Source of the fields: twilio.com/docs/voice/api/call-resource.
 */
export const parseCallRequest = (form: unknown, ours: string | null): CallRequest => {
  const parsed = Form.safeParse(form ?? {});
  if (!parsed.success)
    throw new RestError(400, 20001, parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; '));
  const fields = parsed.data;
  const numbers = checkNumbers(fields, ours);
  if (!fields.Url) throw new RestError(400, 21205, 'Url parameter is required.');
  checkUrls([fields.Url, fields.FallbackUrl, fields.StatusCallback, fields.AsyncAmdStatusCallback]);
  const events = [fields.StatusCallbackEvent].flat().flatMap((event) => event.split(/[\s,]+/));
  const strange = events.find((event) => !knownEvents.has(event));
  if (strange !== undefined) throw new RestError(400, 21626, `Invalid StatusCallbackEvent: ${strange}`);
  return {
    ...numbers,
    url: fields.Url,
    method: fields.Method,
    fallbackUrl: fields.FallbackUrl ?? null,
    statusCallback: fields.StatusCallback ?? null,
    statusCallbackMethod: fields.StatusCallbackMethod,
    statusCallbackEvents: new Set(events),
    machineDetection: fields.MachineDetection ?? null,
    asyncAmd: fields.AsyncAmd === 'true',
    asyncAmdStatusCallback: fields.AsyncAmdStatusCallback ?? null,
    asyncAmdStatusCallbackMethod: fields.AsyncAmdStatusCallbackMethod,
    timeout: fields.Timeout,
    timeLimit: fields.TimeLimit,
  };
};
