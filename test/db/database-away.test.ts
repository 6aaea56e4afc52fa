import {
  MongoBulkWriteError,
  MongoNetworkError,
  MongoNotConnectedError,
  MongoOperationTimeoutError,
  MongoServerError,
  MongoWriteConcernError,
  MongoClient,
} from 'mongodb';
import { expect, it } from 'vitest';
import { startMongod } from '#scripts/services/mongod.ts';
import { isDatabaseAway } from '#src/db/database-away.ts';
import { GroupFull } from '#src/db/grouped/group-commit.ts';
import { RefusedWrite } from '#src/db/grouped/refused-writes.ts';
import { TooLate } from '#src/platform/within.ts';
import { startTcpProxy } from '#test/support/tcp-proxy.ts';

const thrownBy = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  );

it('a server that was there and is gone: whatever is asked of it', async () => {
  const mongod = await startMongod();
  const client = new MongoClient(mongod.uri, { serverSelectionTimeoutMS: 300 });
  const things = client.db().collection('things');
  await things.insertOne({ n: 1 });
  // Asked while it goes: some are cut in the middle.
  const cut = Promise.all(Array.from({ length: 5 }, () => thrownBy(things.find({ $where: 'sleep(5000) || true' }).toArray())));
  await things.findOne();
  await mongod.stop();
  const errors = [
    ...(await cut),
    await thrownBy(things.findOne()),
    await thrownBy(things.insertOne({ n: 2 })),
    await thrownBy(things.insertMany([{ n: 3 }], { ordered: false })),
    await thrownBy(things.bulkWrite([{ updateOne: { filter: { n: 1 }, update: { $set: { n: 2 } } } }], { ordered: false })),
  ];
  await client.close();
  expect(errors.map((error) => [String(error), isDatabaseAway(error)])).toEqual(errors.map((error) => [String(error), true]));
});

it('a network that swallows everything: the driver gives up the connections in use, in words of its own', async () => {
  const mongod = await startMongod();
  const proxy = await startTcpProxy({ port: mongod.port });
  const impatient = { heartbeatFrequencyMS: 500, connectTimeoutMS: 500, serverMonitoringMode: 'poll', retryReads: false } as const;
  const client = await new MongoClient(proxy.addressOf(mongod.uri), impatient).connect();
  const things = client.db().collection('things');
  await things.findOne();
  await proxy.blackHole();
  const error = await thrownBy(things.findOne());
  await proxy.close();
  await client.close();
  await mongod.stop();
  expect([String(error), isDatabaseAway(error)]).toEqual([expect.stringContaining('PoolCleared'), true]);
});

it.each<[string, unknown]>([
  ['a cut connection', new MongoNetworkError('connection closed')],
  ['no connection', new MongoNotConnectedError('not connected')],
  ['no answer in time', new MongoOperationTimeoutError('timed out')],
  ['no majority', new MongoWriteConcernError({ writeConcernError: { code: 64, errmsg: 'waiting for replication' }, ok: 1 })],
  ['a change of the primary during a write', new MongoServerError({ message: 'x', errorLabels: ['RetryableWriteError'] })],
  ['a change of the primary during a read', new MongoServerError({ message: 'interrupted', code: 11_602 })],
  ['more waiting than it can take', new GroupFull()],
])('is away: %s', (_, error) => {
  expect(isDatabaseAway(error)).toBe(true);
});

it.each<[string, unknown]>([
  ['a document that a validator refused', new RefusedWrite(121)],
  ['an unknown operator', new MongoServerError({ message: 'x', code: 2 })],
  ['a duplicate key', new MongoServerError({ message: 'x', code: 11_000 })],
  ['a provider that does not answer', new TooLate(5)],
  ['what is no error', 'MongoNetworkError'],
  ['nothing', undefined],
  ['a bulk of which single writes were refused', refusedBulk()],
])('is there and says no: %s', (_, error) => {
  expect(isDatabaseAway(error)).toBe(false);
});

function refusedBulk(): MongoBulkWriteError {
  const result = { getWriteConcernError: () => undefined };
  return new MongoBulkWriteError({ message: 'x', code: 121, writeErrors: [{ code: 121, index: 0 }] as never }, result as never);
}
