import { expect, it } from 'vitest';
import { newCustomer } from '#src/db/documents/customer.ts';
import { SECOND } from '#src/platform/time.ts';
import { setup } from '#test/support/world.ts';

it('a request that was held up until long after it was answered 503 writes over no later one’s word', async () => {
  const world = await setup();
  const { customers } = world.deps;
  const known = await world.aCustomer({ name: 'Known' });
  const asOf = (name: string, at: Date) => customers.upsert(newCustomer({ ...known, name }, at), { name }, known);
  const came = world.time.now();

  world.time.advance(5 * SECOND);
  expect(await asOf('Later', world.time.now())).toMatchObject({ name: 'Later' });
  // They may have been under way together.
  expect(await asOf('Earlier', came)).toMatchObject({ name: 'Earlier' });
  world.time.advance(6 * SECOND);
  expect(await asOf('Last', world.time.now())).toMatchObject({ name: 'Last' });
  expect(await asOf('Held up', came)).toMatchObject({ name: 'Last' });
  expect(await world.all('customers')).toMatchObject([{ name: 'Last' }]);
});
