import fc from 'fast-check';
import { deterministicId } from '#src/db/deterministic-id.ts';
import { move, waits, type Game } from '../game.ts';

const API_KEY = deterministicId('api key');

export const idempotencyKeysGame: Game = {
  name: 'idempotency keys',
  collections: ['idempotencykeys'],
  move: fc.oneof(
    { weight: 2, arbitrary: waits },
    {
      weight: 4,
      arbitrary: move(
        'use',
        [fc.constantFrom('k', 'l'), fc.constantFrom('body', 'body', 'other'), fc.nat(2)],
        ({ idempotencyKeys }, [key, body, n]) => idempotencyKeys.use(API_KEY, key, body, deterministicId('delivery', n)),
      ),
    },
    move('use and release', [fc.constantFrom('k', 'l')], async ({ idempotencyKeys }, [key]) => {
      const use = await idempotencyKeys.use(API_KEY, key, 'body', deterministicId('delivery', 3));
      if (use.kind === 'go-on') await idempotencyKeys.release(use.row);
      return use.kind;
    }),
  ),
};
