import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readOrders } from '#scripts/demo/cast/read-orders.ts';

const NOW = new Date('2027-03-01T12:00:00Z');
let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'delauto-orders-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const fileOf = async (content: string): Promise<string> => {
  const file = join(folder, 'orders.json');
  await writeFile(file, content);
  return file;
};

it('turns minutes from now into a time, and sends the rest as it stands', async () => {
  const file = await fileOf(
    JSON.stringify([{ external_id: 'ORD-1', scheduled_in_minutes: 90, address: '1 Oak Road' }, 'nonsense', { x: 1 }]),
  );
  expect(await readOrders(file, undefined, NOW)).toEqual([
    { label: 'ORD-1', body: { external_id: 'ORD-1', address: '1 Oak Road', scheduled_time: '2027-03-01T13:30:00.000Z' } },
    { label: 'row 2', body: 'nonsense' },
    { label: 'row 3', body: { x: 1 } },
  ]);
});

it('takes no more than asked for', async () => {
  expect(await readOrders(await fileOf('[{}, {}, {}]'), 2, NOW)).toHaveLength(2);
});

it.each(['{"a": 1}', '[]', 'no json'])('says in a sentence that %s is of no use', async (content) => {
  await expect(readOrders(await fileOf(content), undefined, NOW)).rejects.toThrow(/orders\.json: is no/);
});

it('says in a sentence that a file is not there', async () => {
  await expect(readOrders(join(folder, 'nowhere.json'), undefined, NOW)).rejects.toThrow(/cannot be read \(ENOENT\)/);
});
