import type { ApiKeys } from '#src/db/repositories/api-keys.ts';
import type { Logger } from '#src/platform/logger.ts';
import { SECOND } from '#src/platform/time.ts';

const EVERY = 5 * SECOND;

export interface KeyUsage {
  count(id: string): void;
  /** Writes what has been counted; what cannot be written is kept for the next time. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

/** Counts the uses of keys in memory, and writes them every 5 s, one write a key. A process that is killed loses the last few seconds of the count. */
export function createKeyUsage(touch: ApiKeys['touch'], now: () => Date, log: Logger): KeyUsage {
  let counted = new Map<string, { uses: number; at: Date }>();

  const add = (id: string, uses: number, at: Date) => {
    const before = counted.get(id);
    counted.set(id, { uses: uses + (before?.uses ?? 0), at: before && before.at > at ? before.at : at });
  };
  const flush = async () => {
    const taken = counted;
    counted = new Map();
    await Promise.all(
      [...taken].map(([id, { uses, at }]) =>
        touch(id, uses, at).catch((error: unknown) => {
          log.warn({ err: error, apiKeyId: id }, 'key usage not written');
          add(id, uses, at);
        }),
      ),
    );
  };
  const timer = setInterval(() => void flush(), EVERY);
  timer.unref();

  return {
    count: (id) => add(id, 1, now()),
    flush,
    async close() {
      clearInterval(timer);
      await flush();
    },
  };
}
