import fc from 'fast-check';
import { deterministicId } from '#src/db/deterministic-id.ts';
import { newWebhookEvent } from '#src/db/documents/webhook-event.ts';
import { sorted } from '../both.ts';
import { move, pagesOf, waits, type Game } from '../game.ts';

const idOf = (n: number) => deterministicId('event', n);
const n = fc.constantFrom(0, 1, 2);

export const inboxGame: Game = {
  name: 'inbox',
  collections: ['webhookevents'],
  move: fc.oneof(
    {
      weight: 3,
      arbitrary: move(
        'file',
        [n, fc.constantFrom('a', 'b', 'c'), fc.constantFrom(0, 1)],
        ({ inbox }, [event, dedupe_key, attempt], { time }) =>
          inbox.file(
            newWebhookEvent({
              _id: idOf(event),
              dedupe_key,
              kind: 'choice',
              attempt_id: deterministicId('attempt', attempt),
              call_sid: 'CA1',
              occurred_at: time.now(),
              received_at: time.now(),
              data: { digits: '1' },
              trace_id: 't',
            }),
          ),
      ),
    },
    waits,
    move('applied', [fc.subarray([0, 1, 2])], ({ inbox }, [events]) => inbox.applied(events.map(idOf))),
    move('refused', [n], ({ inbox }, [event]) => inbox.refused(idOf(event), 'too late')),
    move('find', [n], ({ inbox }, [event]) => inbox.find(idOf(event).toHexString())),
  ),
  look: async ({ inbox, walks }, { time }) => ({
    ofAttempt: sorted(await inbox.ofAttempt(deterministicId('attempt', 0))),
    open: sorted(await pagesOf(walks.events(time.now()))),
  }),
};
