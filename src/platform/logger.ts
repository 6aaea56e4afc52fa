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

/** An error's own words and its causes', without the fields that libraries hang on it (request bodies, addresses, documents). */
function withoutInput(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { type, message, stack } = stdSerializers.err(error);
  const code = (error as { code?: unknown }).code;
  return { type, message, stack, ...(typeof code === 'string' || typeof code === 'number' ? { code } : {}) };
}
