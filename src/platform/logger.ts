import { pino, stdSerializers, type DestinationStream, type Logger } from 'pino';

export type { Logger };

/** What must never be printed, at any depth that we log at (P8). */
const PERSONAL_OR_SECRET = [
  'phone',
  'to_number',
  'from_number',
  'email',
  'name',
  'address',
  'transcription',
  'instructions',
  'password',
  'key',
  'authorization',
  'cookie',
];

/** JSON lines, on standard output unless told otherwise: constant short messages, fields with ids only. */
export function createLogger(settings: { level: string }, base: { process: string }, to: DestinationStream = pino.destination()): Logger {
  const options = {
    level: settings.level,
    base: { ...base, pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: { paths: PERSONAL_OR_SECRET.flatMap((field) => [field, `*.${field}`, `*.*.${field}`]), censor: '[redacted]' },
    serializers: { err: withoutInput },
  };
  return pino(options, to);
}

/** An error's own words and its causes', without the fields that libraries hang on it (request bodies, addresses, documents). Of anything else only what kind of thing it is. */
function withoutInput(error: unknown): unknown {
  if (!(error instanceof Error)) return { type: typeOf(error) };
  const { type, message, stack } = stdSerializers.err(error);
  const code = (error as { code?: unknown }).code;
  return {
    ...{ type, message: withoutKeys(message), stack: withoutKeys(stack) },
    ...(typeof code === 'string' || typeof code === 'number' ? { code } : {}),
  };
}

function typeOf(thrown: unknown): string {
  if (typeof thrown !== 'object' || thrown === null) return thrown === null ? 'null' : typeof thrown;
  return (thrown.constructor as { name?: string } | undefined)?.name ?? 'object';
}

/** MongoDB quotes the value that was there already: a phone number, say. */
const withoutKeys = (words: string): string => words.replaceAll(/(dup key:) \{.*\}/g, '$1 [redacted]');
