import fc from 'fast-check';
import { deterministicId } from '#src/db/deterministic-id.ts';
import { newAttempt } from '#src/db/documents/attempt.ts';
import { newDelivery } from '#src/db/documents/delivery.ts';
import type { PipelineRepositories } from '#test/support/memory/repositories.ts';
import { trackingEvent } from '#src/pipeline/tracking-event.ts';
import { CONTACT_STATES } from '#src/domain/vocabulary.ts';
import { sorted, type Side } from '../both.ts';
import { move, pagesOf, waits, type Game } from '../game.ts';

const KEY = deterministicId('api key');
const idOf = (n: number) => deterministicId('delivery', n);
const customer = (n: number) => deterministicId('customer', n);

const one = fc.constantFrom(0, 1, 2).map(idOf);
const state = fc.constantFrom(...CONTACT_STATES);
const happening = fc.constantFrom('called', 'noted', 'ended');
const eventOf = (status: string, { time }: Side) => trackingEvent({ deliveryId: idOf(0), status, at: time.now(), notes: 'so it was' });

const contactMove = fc.record({
  from: fc.subarray([...CONTACT_STATES], { minLength: 4 }),
  to: state,
  reason: fc.constantFrom(null, 'busy'),
  later: fc.boolean(),
  attempt: fc.constantFrom(0, 1, 2),
  retries: fc.constantFrom(0, 1, 2),
  unlessNoted: fc.boolean(),
  also: fc.constantFrom({}, { call_log_id: idOf(7) }),
});

export const deliveriesGame: Game = {
  name: 'deliveries',
  collections: ['deliveries', 'callattempts'],
  move: fc.oneof(
    {
      weight: 5,
      arbitrary: move('insert', [fc.constantFrom(0, 1, 2), fc.constantFrom(undefined, 'a', 'b'), fc.constantFrom(undefined, 0, 1)], insert),
    },
    { weight: 8, arbitrary: move('moveContact', [one, happening, contactMove], moveContact) },
    waits,
    move('cancel', [one, happening], ({ deliveries }, [id, what], side) => deliveries.cancel(id, eventOf(what, side))),
    move('cancellationFollowed', [one], ({ deliveries }, [id]) => deliveries.cancellationFollowed(id)),
    move('note', [one, happening, fc.constantFrom({}, { recording_id: idOf(8) })], ({ deliveries }, [id, what, set], side) =>
      deliveries.note(id, eventOf(what, side), set),
    ),
    move('addInstructions', [one, happening, fc.constantFrom('at the door', '$set')], ({ deliveries }, [id, what, text], side) =>
      deliveries.addInstructions(id, eventOf(what, side), text),
    ),
    move('belongTo', [one], ({ deliveries }, [id]) => deliveries.belongTo(id, customer(1))),
    move('findByExternalId', [fc.constantFrom('a', 'b')], ({ deliveries }, [external]) => deliveries.findByExternalId(KEY, external)),
    move('plan', [fc.constantFrom(0, 1, 2)], plan),
  ),
  async look({ deliveries, walks }, { time }) {
    return {
      found: await deliveries.find(idOf(0)),
      open: [sorted(await deliveries.openOfCustomer(customer(0))), sorted(await deliveries.openOfCustomer(customer(1)))],
      pages: [
        await deliveries.list({ limit: 2 }),
        await deliveries.list({ limit: 2, before: idOf(1) }),
        await deliveries.list({ limit: 5, status: 'cancelled' }),
        await deliveries.list({ limit: 5, customerId: customer(0) }),
      ],
      cancellations: sorted(await pagesOf(walks.cancellations(time.now()))),
      withoutAttempt: sorted(await pagesOf(walks.withoutAttempt(time.now()))),
    };
  },
};

function insert(
  { deliveries }: PipelineRepositories,
  [n, external_id, attempt]: [number, string | undefined, number | undefined],
  { time }: Side,
) {
  return deliveries.insert(
    newDelivery(
      {
        _id: idOf(n),
        customer_id: customer(0),
        address: '1 Main St',
        coordinates: { type: 'Point', coordinates: [-74, 40] },
        scheduled_time: time.now(),
        contact: { state: 'pending', next_at: time.now(), ...(attempt === undefined ? {} : { attempt }) },
        ...(external_id === undefined ? {} : { external_id, api_key_id: KEY }),
      },
      time.now(),
    ),
  );
}

type Drawn = {
  from: (typeof CONTACT_STATES)[number][];
  to: (typeof CONTACT_STATES)[number];
  reason: string | null;
  later: boolean;
  attempt: number;
  retries: number;
  unlessNoted: boolean;
  also: object;
};

function moveContact(
  { deliveries }: PipelineRepositories,
  [id, what, { later, unlessNoted, ...drawn }]: [ReturnType<typeof idOf>, string, Drawn],
  side: Side,
) {
  const unlessAfter = unlessNoted ? { unlessAfter: eventOf('noted', side)._id } : {};
  return deliveries.moveContact(id, { ...drawn, ...unlessAfter, nextAt: later ? side.time.now() : null, event: eventOf(what, side) });
}

function plan({ attempts }: PipelineRepositories, [n]: [number], { time }: Side) {
  const planned = {
    _id: deterministicId('attempt', n),
    delivery_id: idOf(n),
    customer_id: customer(0),
    number: 1,
    to_number: `+1202555010${n}`,
  };
  return attempts.insert(newAttempt({ ...planned, due_at: time.now(), trace_id: 't' }, time.now()));
}
