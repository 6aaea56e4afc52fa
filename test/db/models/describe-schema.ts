import type { Schema, SchemaType } from 'mongoose';

/** Every path of a schema, those of subdocuments too (`tracking_events[].notes`), with all that was said of it but its uniqueness, which is an index. */
export function describePaths(schema: Schema, prefix = ''): Record<string, unknown> {
  const described: Record<string, unknown> = {};
  schema.eachPath((path, type) => {
    described[prefix + path] = describeType(type);
    if (type.schema) Object.assign(described, describePaths(type.schema, `${prefix}${path}[].`));
  });
  return described;
}

function describeType(type: SchemaType): Record<string, unknown> {
  const { unique: _unique, type: _type, enum: words, ...options } = type.options as Record<string, unknown>;
  const element = type.getEmbeddedSchemaType();
  return {
    type: type.instance,
    ...(element ? { of: element.instance } : {}),
    ...(words ? { enum: [...(words as string[])] } : {}),
    ...options,
  };
}

/** The indexes, each once, in a form that can be compared with the server's. */
export function describeIndexes(schema: Schema): string[] {
  const described = schema.indexes().map(([keys, { background: _background, name: _name, ...options }]) => describeIndex(keys, options));
  return [...new Set(described)].sort();
}

export function describeIndex(keys: object, options: object): string {
  const sorted = Object.entries(options).sort(([a], [b]) => a.localeCompare(b));
  return JSON.stringify([Object.entries(keys), Object.fromEntries(sorted)]);
}
