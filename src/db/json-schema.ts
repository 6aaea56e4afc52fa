import type { Document } from 'mongodb';
import type { Schema } from 'mongoose';

/** One level of a `$jsonSchema`. */
interface Level extends Document {
  bsonType?: string | string[];
  properties?: Record<string, Level>;
  required?: string[];
  items?: Level;
}

/**
 * The `$jsonSchema` that holds the driver's writes to what the schema says: Mongoose's own translation (types, enums, required), and what
 * it leaves out: bounds, a parent that has a required child, and, where the schema is strict, no field that it does not know.
 * As in Mongoose an optional field may be null. A number may be int, long or double.
 */
export function jsonSchemaOf(schema: Schema): Level {
  const translated = schema.toJSONSchema({ useBsonType: true }) as Level;
  // Mongoose adds the version's path only when it makes a model of the schema.
  const top: Level = { bsonType: 'object', ...translated, properties: { ...translated.properties, __v: { bsonType: 'number' } } };
  addBounds(schema, top);
  tighten(top, schema.get('strict') !== false);
  return top;
}

function addBounds(schema: Schema, top: Level): void {
  schema.eachPath((path, type) => {
    const level = path.split('.').reduce<Level | undefined>((parent, field) => parent?.properties?.[field], top);
    if (!level) return;
    const { min, max } = type.options as { min?: number; max?: number };
    if (min !== undefined) level['minimum'] = min;
    if (max !== undefined) level['maximum'] = max;
    if (type.schema && level.items) addBounds(type.schema, level.items);
  });
}

function tighten(level: Level, closed: boolean, listed = false): void {
  if (level.items) tighten(level.items, closed, true);
  if (!level.properties) return;
  if (closed) level['additionalProperties'] = false;
  // An entry of a list may do without an id: nobody refers to it.
  if (listed && level.required) level.required = level.required.filter((field) => field !== '_id');
  for (const [field, inner] of Object.entries(level.properties)) {
    tighten(inner, closed);
    if (!inner.properties || !inner.required?.length) continue;
    inner.bsonType = 'object';
    level.required = [...(level.required ?? []), field];
  }
  if (level.required?.length === 0) delete level.required;
}
