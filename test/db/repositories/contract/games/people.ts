import fc from 'fast-check';
import { deterministicId } from '#src/db/deterministic-id.ts';
import { newAgent } from '#src/db/documents/agent.ts';
import { newCallLog } from '#src/db/documents/call-log.ts';
import { newCustomer } from '#src/db/documents/customer.ts';
import { SECOND } from '#src/platform/time.ts';
import { move, waits, type Game } from '../game.ts';

const idOf = (n: number) => deterministicId('person', n);
const phone = fc.constantFrom('+12025550101', '+12025550102');
const person = fc.constantFrom(0, 1);
const subscription = fc.constantFrom({ endpoint: 'https://push.example.com/a' }, { endpoint: 'https://push.example.com/b' });
const given = fc.constantFrom(
  {},
  { name: 'Ann' },
  { 'preferences.language': 'es' },
  { name: 'Bob', 'preferences.timezone': 'Europe/Berlin' },
);

/** How long ago the request came, in milliseconds. */
const age = fc.constantFrom(0, 3 * SECOND, 11 * SECOND);

/** Customers, drivers and those who want no calls. */
export const peopleGame: Game = {
  name: 'customers, drivers and opt-outs',
  collections: ['customers', 'agents', 'optouts'],
  move: fc.oneof(
    {
      weight: 3,
      arbitrary: move('upsert', [person, phone, given, age], ({ customers }, [n, number, fields, ageMs], { time }) =>
        customers.upsert(newCustomer({ _id: idOf(n), name: 'Ann', phone: number }, new Date(time.now().getTime() - ageMs)), fields),
      ),
    },
    waits,
    {
      weight: 2,
      arbitrary: move('addCall', [person, fc.nat(2)], ({ customers }, [n, call], { time }) =>
        customers.addCall(
          idOf(n),
          newCallLog(
            {
              _id: deterministicId('call', call),
              delivery_id: idOf(9),
              call_sid: `CA${call}`,
              status: 'busy',
              from_number: '+1',
              to_number: '+1',
            },
            time.now(),
          ),
        ),
      ),
    },
    move('agent', [person, subscription], (_repositories, [n, push_subscription], { put, time }) =>
      put(
        'agents',
        newAgent(
          { _id: idOf(n), name: 'Dora', phone: `+1${n}`, email: `${n}@example.com`, password: 'a hash', push_subscription },
          time.now(),
        ),
      ),
    ),
    move('exists', [person], ({ drivers }, [n]) => drivers.exists(idOf(n))),
    move('subscription', [person], ({ drivers }, [n]) => drivers.subscription(idOf(n))),
    move('subscribe', [person, subscription], ({ drivers }, [n, to]) => drivers.subscribe(idOf(n), to)),
    {
      weight: 2,
      arbitrary: move('dropSubscription', [person, subscription], ({ drivers }, [n, old]) => drivers.dropSubscription(idOf(n), old)),
    },
    move('opt out', [phone, fc.constantFrom('call', 'operator')], ({ optOuts }, [_id, source], { time }) =>
      optOuts.add({ _id, source, createdAt: time.now() }),
    ),
    move('opted out', [phone], ({ optOuts }, [number]) => optOuts.has(number)),
  ),
};
