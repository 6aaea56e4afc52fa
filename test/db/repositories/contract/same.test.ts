import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { memorySide, plain, realSide, type Side } from './both.ts';
import type { Game, Move } from './game.ts';
import { attemptsGame } from './games/attempts.ts';
import { callsGame } from './games/calls.ts';
import { deliveriesGame } from './games/deliveries.ts';
import { idempotencyKeysGame } from './games/idempotency-keys.ts';
import { inboxGame } from './games/inbox.ts';
import { notificationsGame } from './games/notifications.ts';
import { peopleGame } from './games/people.ts';
import { recordingsGame } from './games/recordings.ts';

let real: Side;
let memory: Side;
beforeAll(async () => {
  real = await realSide();
  memory = await memorySide();
});

const MOST_MOVES = 16;
const MOST_MS = 10_000;

/** What the call gave, or what it threw, by its code. */
const answerOf = async ({ run }: Move, side: Side): Promise<unknown> => {
  try {
    return plain(await run(side.repositories, side));
  } catch (error) {
    return { threw: (error as { code?: unknown }).code ?? (error as Error).message };
  }
};

async function playOn(side: Side, moves: Move[], { collections, look }: Game) {
  await side.clear(collections);
  side.time.set(new Date('2026-03-10T14:00:00Z'));
  const answers: unknown[] = [];
  for (const move of moves) answers.push({ [move.what]: await answerOf(move, side) });
  const stored = await Promise.all(collections.map(async (collection) => [collection, plain(await side.all(collection))]));
  return { answers, stored, looked: plain(await look?.(side.repositories, side)) };
}

const GAMES: [game: Game, runs: number][] = [
  [attemptsGame, 60],
  [deliveriesGame, 40],
  [notificationsGame, 25],
  [inboxGame, 15],
  [recordingsGame, 25],
  [peopleGame, 20],
  [callsGame, 25],
  [idempotencyKeysGame, 15],
];

describe('the repositories in memory do what the real ones do, whatever is asked of them and in what order', () => {
  it.each(GAMES.map(([game, runs]) => [game.name, game, runs] as const))('%s', { timeout: 60_000 }, async (_name, game, numRuns) => {
    await fc.assert(
      fc.asyncProperty(fc.array(game.move, { minLength: 6, maxLength: MOST_MOVES, size: 'max' }), async (moves) => {
        expect(await playOn(memory, moves, game)).toEqual(await playOn(real, moves, game));
      }),
      // On a machine that is busy fewer runs will do.
      { numRuns, interruptAfterTimeLimit: MOST_MS },
    );
  });
});
