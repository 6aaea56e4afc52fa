import { z } from 'zod';
import { parseSettings } from './parse.ts';

const url = z.url({ protocol: /^https?$/, error: 'must be an http:// or https:// address' });
const secret = (minimum: number) => z.string().min(minimum, `must have ${minimum} characters or more`);
const list = z
  .string()
  .transform((text) =>
    text
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== ''),
  )
  .refine((parts) => parts.length > 0, 'must name at least one, separated by commas');
/** Digits only: Number() would also take spaces, for 0, and hexadecimal. */
const count = (minimum: number, maximum: number) =>
  z
    .string()
    .refine(
      (text) => /^\d+$/.test(text) && Number(text) >= minimum && Number(text) <= maximum,
      `must be a whole number from ${minimum} to ${maximum}`,
    )
    .transform(Number);

/** Addresses are joined to it, and Twilio signs what it is given: it drops a user from an address, and refuses a host with an underscore. */
const publicUrl = url.refine((text) => {
  if (!URL.canParse(text)) return true; // said already
  const { username, password, search, hash, hostname } = new URL(text);
  return `${username}${password}${search}${hash}` === '' && !hostname.includes('_');
}, 'must be a plain address: no user, no ? and no # part, no underscore in the host name');

/** Every setting of every process, by its public name. Each has one line in the README's table. */
export const environment = z.object({
  APP_ENV: z.enum(['development', 'staging', 'production']).default('development'),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  COMPANY_NAME: z.string().min(1).max(60).default('DelAuto'),

  PORT: count(0, 65_535).default(3000),
  HOST: z.string().min(1).default('127.0.0.1'),
  PUBLIC_URL: publicUrl,
  SESSION_SECRET: secret(32),
  METRICS_PORT: count(1, 65_535).optional(),
  SHUTDOWN_GRACE_SECONDS: count(1, 600).default(25),

  MONGODB_URI: z.string().regex(/^mongodb(\+srv)?:\/\//, 'must start with mongodb:// or mongodb+srv://'),
  REDIS_URL: z
    .string()
    .regex(/^rediss?:\/\//, 'must start with redis:// or rediss://')
    .optional(),
  REDIS_CLUSTER_NODES: list.pipe(z.array(z.string().regex(/^[^:]+:\d+$/, 'must be host:port,host:port'))).optional(),
  QUEUE_PREFIX: z
    .string()
    .regex(/^[a-z0-9-]{1,40}$/i, 'may contain letters, digits and dashes only')
    .default('delauto'),
  WORKER_QUEUES: list.optional(),
  WORKER_CONCURRENCY: count(1, 1000).default(50),
  WORKER_BLOCKED_SECONDS: count(0, 600).default(10),

  TWILIO_ACCOUNT_SID: z.string().regex(/^AC[0-9a-f]{32}$/i, 'must be AC and 32 hexadecimal digits'),
  TWILIO_AUTH_TOKEN: secret(1),
  TWILIO_FROM_NUMBER: z.string().regex(/^\+[1-9]\d{6,14}$/, 'must be an E.164 number such as +12025550100'),
  TWILIO_API_URL: url.default('https://api.twilio.com'),
  TWILIO_CPS: z.coerce.number().positive().max(1000).default(1),

  OPENAI_API_KEY: secret(1),
  OPENAI_BASE_URL: url.default('https://api.openai.com/v1'),
  OPENAI_TRANSCRIPTION_MODEL: z.string().min(1).default('gpt-transcribe'),
  OPENAI_ANALYSIS_MODEL: z.string().min(1).default('gpt-4.1-mini'),

  S3_ENDPOINT: url,
  S3_REGION: z.string().min(1).default('auto'),
  S3_BUCKET: z.string().min(1),
  S3_ACCESS_KEY_ID: secret(1),
  S3_SECRET_ACCESS_KEY: secret(1),

  VAPID_PUBLIC_KEY: secret(1),
  VAPID_PRIVATE_KEY: secret(1),
  VAPID_SUBJECT: z.string().regex(/^(mailto:|https:\/\/)/, 'must start with mailto: or https://'),
  PUSH_ALLOWED_HOSTS: list.default(['fcm.googleapis.com', '.push.services.mozilla.com', '.notify.windows.com', '.push.apple.com']),

  RECONCILE: z.enum(['on', 'off']).default('on'),
  CLOCK_SCALE: z.coerce.number().positive().max(10_000).default(1),
  CLOCK_ANCHOR: z.coerce.number().int().nonnegative().default(0),
  CLOCK_OFFSET_MS: z.coerce.number().int().default(0),
});

/**
 * The settings of all processes, parsed once from the environment and frozen, grouped by who reads them.
 * Throws `InvalidSettings`, which names every variable that is wrong.
 */
export function loadSettings(env: Readonly<Record<string, string | undefined>>) {
  const s = parseSettings(environment, env, (values) => [
    ...(values.REDIS_URL === undefined && values.REDIS_CLUSTER_NODES === undefined
      ? ['REDIS_URL: is missing; set it, or REDIS_CLUSTER_NODES for a Redis Cluster']
      : []),
    // Real people must not be phoned by a clock that is not theirs.
    ...(values.TWILIO_API_URL !== undefined && new URL(values.TWILIO_API_URL).hostname.endsWith('twilio.com')
      ? [
          ...((values.CLOCK_SCALE ?? 1) === 1 ? [] : ['CLOCK_SCALE: must be 1 while TWILIO_API_URL is Twilio itself']),
          ...((values.CLOCK_OFFSET_MS ?? 0) === 0 ? [] : ['CLOCK_OFFSET_MS: must be 0 while TWILIO_API_URL is Twilio itself']),
        ]
      : []),
  ]);
  return Object.freeze({
    appEnv: s.APP_ENV,
    companyName: s.COMPANY_NAME,
    publicUrl: s.PUBLIC_URL.replace(/\/+$/, ''),
    log: { level: s.LOG_LEVEL },
    http: { host: s.HOST, port: s.PORT, sessionSecret: s.SESSION_SECRET },
    metrics: { host: s.HOST, port: s.METRICS_PORT },
    shutdown: { graceMs: s.SHUTDOWN_GRACE_SECONDS * 1000 },
    mongodb: { uri: s.MONGODB_URI },
    redis: { url: s.REDIS_URL, clusterNodes: s.REDIS_CLUSTER_NODES, prefix: s.QUEUE_PREFIX },
    worker: { queues: s.WORKER_QUEUES, concurrency: s.WORKER_CONCURRENCY, blockedMs: s.WORKER_BLOCKED_SECONDS * 1000 },
    twilio: {
      accountSid: s.TWILIO_ACCOUNT_SID,
      authToken: s.TWILIO_AUTH_TOKEN,
      fromNumber: s.TWILIO_FROM_NUMBER,
      apiUrl: s.TWILIO_API_URL,
      callsPerSecond: s.TWILIO_CPS,
    },
    openai: {
      apiKey: s.OPENAI_API_KEY,
      baseUrl: s.OPENAI_BASE_URL,
      transcriptionModel: s.OPENAI_TRANSCRIPTION_MODEL,
      analysisModel: s.OPENAI_ANALYSIS_MODEL,
    },
    s3: {
      endpoint: s.S3_ENDPOINT,
      region: s.S3_REGION,
      bucket: s.S3_BUCKET,
      accessKeyId: s.S3_ACCESS_KEY_ID,
      secretAccessKey: s.S3_SECRET_ACCESS_KEY,
    },
    push: {
      publicKey: s.VAPID_PUBLIC_KEY,
      privateKey: s.VAPID_PRIVATE_KEY,
      subject: s.VAPID_SUBJECT,
      allowedHosts: s.PUSH_ALLOWED_HOSTS,
    },
    clock: { reconcile: s.RECONCILE === 'on' },
    time: { scale: s.CLOCK_SCALE, anchorMs: s.CLOCK_ANCHOR, offsetMs: s.CLOCK_OFFSET_MS },
  });
}

export type Settings = ReturnType<typeof loadSettings>;
