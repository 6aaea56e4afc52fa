import fc from 'fast-check';
import { deterministicId } from '#src/db/deterministic-id.ts';
import { newNotification } from '#src/db/documents/notification.ts';
import { SECOND } from '#src/platform/time.ts';
import { sorted } from '../both.ts';
import { move, pagesOf, waits, type Game } from '../game.ts';

const idOf = (n: number) => deterministicId('notification', n);
const one = fc.constantFrom(0, 1).map(idOf);
const epoch = fc.constantFrom(0, 1, 2);

export const notificationsGame: Game = {
  name: 'notifications',
  collections: ['notifications'],
  move: fc.oneof(
    {
      weight: 2,
      arbitrary: move('intend', [fc.constantFrom(0, 1), fc.constantFrom('x', 'y')], ({ notifications }, [n, key], { time }) =>
        notifications.intend(
          newNotification(
            {
              _id: idOf(n),
              key,
              delivery_id: idOf(8),
              agent_id: idOf(9),
              kind: 'confirmed',
              title: 'Told',
              body: 'At home.',
              trace_id: 't',
            },
            time.now(),
          ),
        ),
      ),
    },
    {
      weight: 6,
      arbitrary: move('claim', [one, fc.option(epoch, { nil: undefined })], async ({ notifications }, [id, e]) => {
        const found = await notifications.find(id.toHexString());
        return found && notifications.claim({ ...found, epoch: e ?? found.epoch });
      }),
    },
    { weight: 2, arbitrary: waits },
    move('sent', [one, epoch], ({ notifications }, [id, e]) => notifications.sent(id, e)),
    move('release', [one, epoch], ({ notifications }, [id, e]) => notifications.release(id, e)),
    move('skipped', [one, epoch], ({ notifications }, [id, e]) => notifications.skipped(id, e, 'no subscription')),
    move('failed', [one, epoch], ({ notifications }, [id, e]) => notifications.failed(id, e, 'refused')),
  ),
  look: async ({ walks }, { time }) => ({
    open: sorted(await pagesOf(walks.notifications(time.now()))),
    failed: sorted(await pagesOf(walks.failedNotifications(new Date(time.now().getTime() - 20 * SECOND)))),
  }),
};
