import { MongoServerError, ObjectId, type Db } from 'mongodb';
import { expect, it } from 'vitest';
import { describeCollections } from '#src/db/collections.ts';
import { SCHEMAS } from '#src/db/models/models.ts';
import { migrate, migrateDown } from '#scripts/migrations/migrator.ts';
import { sampleDocuments } from '#test/db/documents/samples.ts';
import { describeIndex, describeIndexes } from '#test/db/models/describe-schema.ts';
import { seedSchemas } from '#test/db/models/seed-document.ts';
import { emptyDatabase, liveCollections, migratedDatabase } from './migrated.ts';

const now = new Date('2026-03-01T12:00:00Z');
const byName = (a: object, b: object): number => JSON.stringify(a).localeCompare(JSON.stringify(b));
const sorted = (collections: object[]): object[] =>
  collections
    .map((collection) => ({ ...collection, indexes: [...(collection as { indexes: object[] }).indexes].sort(byName) }))
    .sort(byName);

const collectionOf = (model: keyof typeof SCHEMAS): string => String(SCHEMAS[model].get('collection'));

let migrated: Promise<Db> | undefined;
/** One for all tests that leave nothing behind which others mind. */
const shared = (): Promise<Db> => (migrated ??= migratedDatabase());

it('gives a migrated database just what the models ask for', async () => {
  // Red after a change of a model: `npm run migrate:create NAME -- --freeze COLLECTION` writes the migration that it needs.
  expect(sorted(await liveCollections(await shared()))).toEqual(sorted(describeCollections()));
});

it("has all indexes of the seed's own schemas", async () => {
  const db = await shared();
  for (const [model, schema] of Object.entries(seedSchemas())) {
    const live = await db
      .collection(collectionOf(model as keyof typeof SCHEMAS))
      .listIndexes()
      .toArray();
    const described = live.map(({ v: _v, key, name: _name, '2dsphereIndexVersion': _version, ...options }) =>
      describeIndex(key as object, options),
    );
    expect(described).toEqual(expect.arrayContaining(describeIndexes(schema)));
  }
});

it('takes every kind of document that we make', async () => {
  const db = await shared();
  for (const { model, doc } of sampleDocuments(now)) await db.collection(collectionOf(model)).insertOne(doc);
});

/** Changes of a valid document that its collection must refuse. */
const REFUSED: [model: keyof typeof SCHEMAS, field: string, value: unknown][] = [
  ['Customer', 'customer_rating', 6],
  ['Customer', 'preferences.contact_method', 'pigeon'],
  ['Customer', 'phone', 12025550103],
  ['Delivery', 'status', 'lost'],
  ['Delivery', 'contact.state', 'asleep'],
  ['Delivery', 'colour', 'red'],
  ['Delivery', 'package_details.colour', 'red'],
  ['Delivery', 'tracking_events', [{ colour: 'red' }]],
  ['Delivery', 'coordinates', undefined],
  ['Delivery', 'coordinates', null],
  ['Delivery', 'customer_id', 'not an id'],
  ['CallLog', 'status', 'initiated'],
  ['CallLog', 'ai_analysis.confidence_score', 1.1],
  ['Recording', 'audio_url', undefined],
  ['Recording', 'transcription.confidence', -0.1],
  ['CallAttempt', 'state', null],
  ['CallAttempt', 'number', 0],
  ['WebhookEvent', 'kind', 'gossip'],
  ['Notification', 'title', undefined],
  ['SystemMetric', 'value', '3'],
];

it.each(REFUSED)('refuses a %s whose %s is %j', async (model, field, value) => {
  const collection = (await shared()).collection(collectionOf(model));
  const { insertedId } = await collection.insertOne(another(model));
  const change = value === undefined ? { $unset: { [field]: '' } } : { $set: { [field]: value } };
  await expect(collection.updateOne({ _id: insertedId }, change)).rejects.toThrow('Document failed validation');
});

it.each([1, 1.5, 2 ** 40])('takes %d for a number', async (value) => {
  const metrics = (await shared()).collection('systemmetrics');
  await metrics.insertOne({ metric_type: 'queue_depth', value });
});

it('lets one attempt at a time be live on a phone number', async () => {
  const attempts = (await migratedDatabase()).collection('callattempts');
  await attempts.insertMany([
    { ...another('CallAttempt'), state: 'planned' },
    { ...another('CallAttempt'), state: 'finished' },
    { ...another('CallAttempt'), state: 'unknown' },
  ]);
  for (const state of ['submitting', 'submitted', 'in_progress', 'unknown']) {
    await expect(attempts.insertOne({ ...another('CallAttempt'), state })).rejects.toMatchObject({ code: 11_000 });
  }
});

it('finds an order and a call through their unique indexes', async () => {
  const db = await shared();
  const stages = async (collection: string, query: object) =>
    JSON.stringify((await db.collection(collection).find(query).explain('queryPlanner'))['queryPlanner']);
  expect(await stages('deliveries', { api_key_id: new ObjectId(), external_id: 'order-1' })).toContain('"api_key_id_1_external_id_1"');
  expect(await stages('callattempts', { call_sid: 'CA1' })).toContain('"call_sid_1"');
});

it('builds what is missing on collections that hold documents, whatever they look like', async () => {
  const db = emptyDatabase();
  await db.collection('customers').insertOne({ name: 'Old', phone: '+12025550199', shoe_size: 43 });
  await migrate(db);
  expect(sorted(await liveCollections(db))).toEqual(sorted(describeCollections()));
  await db.collection('customers').updateOne({}, { $set: { name: 'Old but writable' } });
  await expect(db.collection('customers').insertOne({ name: 'New', phone: '+12025550198', shoe_size: 43 })).rejects.toThrow(
    MongoServerError,
  );
});

it('stops, and stays pending, where documents stand against a unique index', async () => {
  const db = emptyDatabase();
  await db.collection('customers').insertMany([{ phone: 'same' }, { phone: 'same' }]);
  await expect(migrate(db)).rejects.toThrow(/create_collections.*E11000/s);
  await db.collection('customers').deleteOne({});
  await migrate(db);
});

it('goes back without dropping a collection that holds documents', async () => {
  const db = await migratedDatabase();
  await db.collection('customers').insertOne(another('Customer'));
  await migrateDown(db);
  expect(await liveCollections(db)).toEqual([{ name: 'customers', validator: {}, indexes: [] }]);
  expect(await db.collection('customers').countDocuments()).toBe(1);
  await migrate(db);
  expect(sorted(await liveCollections(db))).toEqual(sorted(describeCollections()));
});

let count = 0;
/** A document like the sample of its model, with fresh values where a unique index watches. */
function another(model: keyof typeof SCHEMAS): Record<string, unknown> {
  const sample = sampleDocuments(now).find((candidate) => candidate.model === model)?.doc ?? {};
  count += 1;
  const fresh = {
    _id: new ObjectId(),
    delivery_id: new ObjectId(),
    phone: `${count}`,
    call_sid: `CA${count}`,
    dedupe_key: `${count}`,
    key: `${count}`,
  };
  return { ...sample, ...Object.fromEntries(Object.entries(fresh).filter(([field]) => field in sample)) };
}
