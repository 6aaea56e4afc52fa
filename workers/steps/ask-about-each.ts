import { brokeOff, CircuitOpen, PermanentlyRefused } from '#src/providers/errors.ts';
import type { RunContext } from '../processor.ts';

/** So many failures one after the other are no longer those of single items: Twilio is away. */
const AWAY_AFTER = 3;
/** Questions that are on the way at a time: some 50 a second, and far below what Twilio takes. */
const AT_ONCE = 5;

/**
 * Asks a provider about many items, a few at a time. One that it refuses, or whose request breaks off, must not keep the others
 * waiting: it is given to `failed`, and the next follows. Throws what concerns all of them, once nothing is on the way any more: a stop,
 * a limit, refused settings, an open circuit, a provider or a database that is away.
 */
export async function askAboutEach<Item extends { _id: { toHexString(): string } }>(
  items: readonly Item[],
  ask: (item: Item) => Promise<void>,
  failed: (item: Item) => Promise<void>,
  { log, signal }: Pick<RunContext, 'log' | 'signal'>,
): Promise<void> {
  const waiting = items.values();
  let inARow = 0;
  const askOne = async (item: Item): Promise<void> => {
    try {
      await ask(item);
      inARow = 0;
    } catch (error) {
      const itsOwn = error instanceof PermanentlyRefused || brokeOff(error);
      if (signal.aborted || !itsOwn) throw error;
      // Also one that opened its circuit: at the head of the line it would be each trial, and keep the circuit open.
      await failed(item);
      log.warn({ err: error, id: item._id.toHexString() }, 'a call could not be looked up');
      inARow = brokeOff(error) ? inARow + 1 : 0;
      if (inARow >= AWAY_AFTER || error instanceof CircuitOpen) throw error;
    }
  };
  let stopped = false;
  const askInTurn = async (): Promise<void> => {
    // All share one iterator: each item is taken once.
    for (const item of waiting) {
      if (stopped) return;
      try {
        await askOne(item);
      } catch (error) {
        stopped = true;
        throw error;
      }
    }
  };
  const asked = await Promise.allSettled(Array.from({ length: AT_ONCE }, askInTurn));
  const failure = asked.find((one) => one.status === 'rejected');
  if (failure) throw failure.reason;
}
