import mongoose from 'mongoose';
import { BSON, ObjectId } from 'mongodb';
import { describe, expect, it } from 'vitest';
import { documentBuilder } from '#src/db/documents/build.ts';
import { newDelivery } from '#src/db/documents/delivery.ts';
import { defineModels, SCHEMAS } from '#src/db/models/models.ts';
import { sampleDocuments } from './samples.ts';

const { EJSON } = BSON;
const now = new Date('2026-03-01T12:00:00Z');
const models = defineModels(mongoose.createConnection());
const samples = sampleDocuments(now);

const BIRTH = ['createdAt', 'updatedAt', 'timestamp', 'at'];

/** Plain, with the types that MongoDB would see. */
const plain = (doc: object): Record<string, unknown> => JSON.parse(EJSON.stringify(doc, { relaxed: false })) as Record<string, unknown>;

/** Mongoose fills times with the machine's clock, and times of birth only when it saves: takes ours for both, at every level. */
function settleTimes(theirs: unknown, mine: unknown): void {
  if (typeof theirs !== 'object' || theirs === null || typeof mine !== 'object' || mine === null) return;
  const [to, from] = [theirs as Record<string, unknown>, mine as Record<string, unknown>];
  for (const field of BIRTH) if (Object.hasOwn(from, field)) to[field] = from[field];
  for (const field of Object.keys(to)) settleTimes(to[field], from[field]);
}

describe.each(samples.map((sample, index) => ({ ...sample, name: `${sample.model} (${index})` })))('$name', ({ model, given, doc }) => {
  const mongooseModel = models[model] as unknown as mongoose.Model<unknown>;

  it('is what Mongoose makes of the same', () => {
    const mine = plain(doc);
    const theirs = plain(new mongooseModel({ ...given, _id: doc['_id'] }).toObject());
    settleTimes(theirs, mine);
    expect(mine).toEqual(theirs);
  });

  it('is valid for Mongoose', async () => {
    await expect(new mongooseModel(doc).validate()).resolves.toBeUndefined();
  });

  it('bears the time of its birth, where its schema has one', () => {
    for (const field of ['createdAt', 'updatedAt']) expect(doc[field]).toEqual(field in mongooseModel.schema.paths ? now : undefined);
  });
});

it('has a document for every collection but those without defaults', () => {
  expect(new Set(samples.map(({ model }) => model))).toEqual(
    new Set(Object.keys(SCHEMAS).filter((name) => !['Control', 'OptOut', 'AuditLog'].includes(name))),
  );
});

it('leaves what it is given alone, and shares nothing between documents', () => {
  const given = Object.freeze({
    customer_id: new ObjectId(),
    address: '123 Main St',
    coordinates: Object.freeze({ type: 'Point' as const, coordinates: [1, 2] as [number, number] }),
    scheduled_time: now,
    package_details: Object.freeze({ weight: 1 }),
  });
  const [one, other] = [newDelivery(given, now), newDelivery(given, now)];
  one.tracking_events.push({ _id: new ObjectId(), timestamp: now });
  expect(other.tracking_events).toEqual([]);
  expect(one._id).not.toEqual(other._id);
  expect(one.package_details).toEqual({ weight: 1, fragile: false, signature_required: false });
});

it('refuses a schema with a default that it cannot copy', () => {
  const schema = new mongoose.Schema({ token: { type: String, default: () => 'random' } });
  expect(() => documentBuilder(schema)).toThrow('token');
});
