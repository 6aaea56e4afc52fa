import { Socket } from 'node:net';

/** Calls `then` once bytes that `matches` accepts were handed to a socket, of whatever client of this process; before any answer to them is read. */
export function onceWritten(matches: (text: string) => boolean, then: () => void): void {
  const write = Socket.prototype.write as (this: Socket, ...args: unknown[]) => boolean;
  const watched = function (this: Socket, ...args: unknown[]): boolean {
    const accepted = write.apply(this, args);
    if (matches(textOf(args[0]))) {
      Socket.prototype.write = write;
      // The same turn of the event loop still flushes what was corked, and a TLS socket's ciphertext; answers are read in a later one.
      setImmediate(then);
    }
    return accepted;
  };
  Socket.prototype.write = watched;
}

const textOf = (chunk: unknown): string => (typeof chunk === 'string' ? chunk : Buffer.from(chunk as Uint8Array).toString('latin1'));
