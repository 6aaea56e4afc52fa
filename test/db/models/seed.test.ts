import mongoose from 'mongoose';
import { describe, expect, it } from 'vitest';
import { defineModels, SCHEMAS } from '#src/db/models/models.ts';
import type { Schema } from 'mongoose';
import { describeIndexes, describePaths } from './describe-schema.ts';
import { seedSchemas } from './seed-document.ts';

/** All that we add to the seed's schemas. Nothing else may differ. */
const ADDED_PATHS: Record<string, string[]> = {
  Agent: ['board_access'],
  Customer: ['revision'],
  Delivery: [
    'external_id',
    'api_key_id',
    'content_hash',
    'trace_id',
    'contact.state',
    'contact.reason',
    'contact.next_at',
    'contact.instructions',
    'contact.attempt',
    'cancel_follow_up',
    'revision',
  ],
  CallLog: ['attempt_id', 'answered_by', 'outcome', 'event_count', 'revision'],
  Recording: ['attempt_id', 'recording_sid', 'storage_key', 'sha256', 'trace_id', 'revision'],
  ApiKey: ['prefix'],
  SystemMetric: [],
};

const ADDED_INDEXES: Record<string, object[][]> = {
  Delivery: [
    [
      { api_key_id: 1, external_id: 1 },
      { partialFilterExpression: { external_id: { $gt: '' } }, unique: true },
    ],
    [{ 'contact.next_at': 1 }, { partialFilterExpression: { 'contact.state': 'pending' } }],
    [{ updatedAt: 1, _id: 1 }, { partialFilterExpression: { cancel_follow_up: 'due' } }],
    [{ status: 1, _id: -1 }, {}],
    [{ customer_id: 1, _id: -1 }, {}],
  ],
  Recording: [
    [{ updatedAt: 1 }, { partialFilterExpression: { processing_status: { $in: ['pending', 'processing'] } } }],
    [{ updatedAt: 1 }, { partialFilterExpression: { processing_status: 'failed' } }],
  ],
};

const OUR_OPTIONS = ['autoIndex', 'autoCreate', 'bufferCommands', 'collection'];

const seed = seedSchemas();
const ours = SCHEMAS as unknown as Record<string, Schema>;

it('has the seven collections of the seed', () => {
  expect(Object.keys(seed)).toEqual(Object.keys(ADDED_PATHS));
});

describe.each(Object.keys(ADDED_PATHS))('%s', (name) => {
  const [theirs, mine] = [seed[name] as Schema, ours[name] as Schema];

  it('has the paths of the seed, as they are, and those that are named as added', () => {
    const paths = describePaths(mine);
    const added = ADDED_PATHS[name] ?? [];
    expect(Object.keys(paths)).toEqual(expect.arrayContaining(added));
    const rest = Object.fromEntries(Object.entries(paths).filter(([path]) => !added.includes(path)));
    expect(rest).toEqual(describePaths(theirs));
  });

  it('has the indexes of the seed, each once, and those that are named as added', () => {
    const added = (ADDED_INDEXES[name] ?? []).map(([keys = {}, options = {}]) => JSON.stringify([Object.entries(keys), options]));
    expect(describeIndexes(mine)).toEqual([...describeIndexes(theirs), ...added].sort());
    expect(mine.indexes()).toHaveLength(describeIndexes(mine).length);
  });

  it('has the options of the seed', () => {
    const options = (schema: Schema) => Object.fromEntries(Object.entries(schema.options).filter(([key]) => !OUR_OPTIONS.includes(key)));
    const [a, b] = [mine.clone(), theirs.clone()];
    expect(options(a)).toEqual(options(b));
  });

  it('lives in the collection that Mongoose would give it', () => {
    const expected = mongoose.createConnection().model(name, theirs.clone().set('autoIndex', false).set('autoCreate', false));
    expect(mine.get('collection')).toBe(expected.collection.name);
  });
});

it('defines every schema on the given connection, and nothing on Mongoose itself', () => {
  const models = defineModels(mongoose.createConnection());
  expect(Object.keys(models)).toEqual(Object.keys(SCHEMAS));
  expect(mongoose.modelNames()).toEqual([]);
});

it('refers only to models that exist', () => {
  const refs = Object.values(ours).flatMap((schema) =>
    Object.values(describePaths(schema)).flatMap((path) => (path as { ref?: string }).ref ?? []),
  );
  expect(Object.keys(SCHEMAS)).toEqual(expect.arrayContaining(refs));
});
