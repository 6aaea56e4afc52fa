import type { Document, IndexDescription } from 'mongodb';
import type { IndexDefinition, IndexOptions, Schema } from 'mongoose';
import { jsonSchemaOf } from './json-schema.ts';
import { SCHEMAS } from './models/models.ts';

/** What a collection must look like in the database. */
export interface CollectionSpec {
  name: string;
  validator: Document;
  indexes: (IndexDescription & { name: string })[];
}

/** What the models ask of the database. Migrations bring it there, never the models themselves. */
export function describeCollections(): CollectionSpec[] {
  return (Object.values(SCHEMAS) as unknown as Schema[]).map((schema) => ({
    name: String(schema.get('collection')),
    validator: { $jsonSchema: jsonSchemaOf(schema) },
    indexes: schema.indexes().map(toDescription),
  }));
}

function toDescription([key, options]: [IndexDefinition, IndexOptions]): IndexDescription & { name: string } {
  const { unique, partialFilterExpression, expireAfterSeconds, name = defaultName(key) } = options;
  return {
    key: key as Record<string, 1 | -1 | '2dsphere'>,
    name,
    ...(unique ? { unique: true } : {}),
    ...(partialFilterExpression ? { partialFilterExpression } : {}),
    ...(expireAfterSeconds === undefined ? {} : { expireAfterSeconds: Number(expireAfterSeconds) }),
  };
}

/** MongoDB's own rule, such as `status_1__id_-1`. */
const defaultName = (key: IndexDefinition): string =>
  Object.entries(key)
    .map(([field, direction]) => `${field}_${String(direction)}`)
    .join('_');
