import { Schema } from 'mongoose';
import { expect, it } from 'vitest';
import { jsonSchemaOf } from '#src/db/json-schema.ts';

it('keeps types, enums, bounds and required fields, and lets an optional field be null', () => {
  const schema = new Schema({
    name: { type: String, required: true },
    size: { type: String, enum: ['small', 'big'] },
    rating: { type: Number, min: 1, max: 5 },
  });
  expect(jsonSchemaOf(schema)).toEqual({
    bsonType: 'object',
    required: ['name', '_id'],
    additionalProperties: false,
    properties: {
      _id: { bsonType: 'objectId' },
      __v: { bsonType: 'number' },
      name: { bsonType: 'string' },
      size: { bsonType: ['string', 'null'], enum: ['small', 'big', null] },
      rating: { bsonType: ['number', 'null'], minimum: 1, maximum: 5 },
    },
  });
});

it('requires the parents of a required field', () => {
  const { required, properties } = jsonSchemaOf(new Schema({ a: { b: { c: { type: String, required: true }, d: { type: String } } } }));
  expect(required).toContain('a');
  expect(properties?.['a']).toMatchObject({ bsonType: 'object', required: ['b'] });
  expect(properties?.['a']?.properties?.['b']).toMatchObject({ bsonType: 'object', required: ['c'] });
});

it('knows what is in lists, whose entries may do without an id', () => {
  const { properties } = jsonSchemaOf(new Schema({ list: [{ level: { type: Number, max: 3 }, any: Schema.Types.Mixed }] }));
  expect(properties?.['list']?.items).toEqual({
    bsonType: ['object', 'null'],
    additionalProperties: false,
    properties: { _id: { bsonType: 'objectId' }, level: { bsonType: ['number', 'null'], maximum: 3 }, any: {} },
  });
});

it('lets unknown fields in where the schema does', () => {
  expect(jsonSchemaOf(new Schema({ a: { type: String } }, { strict: false }))).not.toHaveProperty('additionalProperties');
});
