import { Writable } from 'node:stream';
import { pino } from 'pino';
import type { Logger } from '#src/platform/logger.ts';

/** A logger whose lines a test can read, as objects. */
export function jsonLog(level = 'trace'): { log: Logger; lines: Record<string, unknown>[]; text: () => string } {
  const lines: Record<string, unknown>[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      for (const line of chunk.toString().trimEnd().split('\n')) lines.push(JSON.parse(line) as Record<string, unknown>);
      done();
    },
  });
  return { log: pino({ level }, stream), lines, text: () => JSON.stringify(lines) };
}
