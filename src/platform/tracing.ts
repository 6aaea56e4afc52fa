import { randomUUID } from 'node:crypto';

// W3C Trace Context (https://www.w3.org/TR/trace-context/): version, trace id, parent id, flags; only a version after 00 may add parts.
const TRACEPARENT = /^(?!ff)[\da-f]{2}-(?!0{32})([\da-f]{32})-(?!0{16})[\da-f]{16}-[\da-f]{2}(?:-.*)?$/;
const TRACEPARENT_LENGTH = 55;

/** A new trace id: 32 hexadecimal digits. A UUID without its dashes, because Node hands those out of a reserve (0.1 µs; `randomBytes` is ten times that). */
export function newTraceId(): string {
  return randomUUID().replaceAll('-', '');
}

/** The trace id of a `traceparent` header, or null when there is none or it is not valid. */
export function traceIdOf(traceparent: string | string[] | undefined): string | null {
  if (typeof traceparent !== 'string' || traceparent.length > 256) return null;
  if (traceparent.startsWith('00') && traceparent.length !== TRACEPARENT_LENGTH) return null;
  return TRACEPARENT.exec(traceparent)?.[1] ?? null;
}
