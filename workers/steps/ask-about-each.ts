import { PermanentlyRefused, ProviderDown } from '#src/providers/errors.ts';
import type { RunContext } from '../processor.ts';

/** So many failures one after the other are no longer those of single items: Twilio is away. */
const AWAY_AFTER = 3;

/**
 * Asks a provider about many attempts, one after the other. One that it refuses, or whose request breaks off, must not keep the others
 * waiting: it is given to `failed`, and the next follows. Throws what concerns all of them: a stop, a limit, refused settings,
 * a provider or a database that is away.
 */
export async function askAboutEach<Item extends { _id: { toHexString(): string } }>(
  items: readonly Item[],
  ask: (item: Item) => Promise<void>,
  failed: (item: Item) => Promise<void>,
  { log, signal }: Pick<RunContext, 'log' | 'signal'>,
): Promise<void> {
  let inARow = 0;
  for (const item of items) {
    try {
      await ask(item);
      inARow = 0;
    } catch (error) {
      const itsOwn = error instanceof PermanentlyRefused || error instanceof ProviderDown;
      if (signal.aborted || !itsOwn) throw error;
      await failed(item);
      log.warn({ err: error, attemptId: item._id.toHexString() }, 'a call could not be looked up');
      inARow = error instanceof ProviderDown ? inARow + 1 : 0;
      if (inARow >= AWAY_AFTER) throw error;
    }
  }
}
