import type { Schema } from './schema-rules.ts';

type Facts = Readonly<Record<string, unknown>>;

const resolveRef = (schema: Schema, root: Schema): Schema => {
  const { $ref } = schema;
  if (typeof $ref !== 'string') return schema;
  const target = $ref
    .replace(/^#\/?/, '')
    .split('/')
    .filter((part) => part !== '')
    .reduce<unknown>((at, part) => (at as Schema | undefined)?.[part], root);
  return resolveRef((target ?? {}) as Schema, root);
};

const typesOf = (schema: Schema): unknown[] => [schema['type']].flat();

const fillNumber = (schema: Schema, source: unknown): number => {
  const { minimum = -Infinity, maximum = Infinity } = schema as { minimum?: number; maximum?: number };
  const value = Math.min(Math.max(typeof source === 'number' ? source : 0.5, minimum), maximum);
  return typesOf(schema).includes('integer') ? Math.round(value) : value;
};

const fillEnum = (options: readonly unknown[], source: unknown): unknown =>
  [source, 'other', 'normal', 'neutral'].find((value) => value !== undefined && options.includes(value)) ?? options[0];

/**
 * A value that fits the schema. What a property's name has a fact for takes it, in its type and among its allowed values; the rest is plain.
 * Knows what strict schemas may hold: objects, arrays, strings, numbers, booleans, null, enum, const, anyOf and $ref.
 */
export const fillSchema = (root: Schema, facts: Facts): unknown => {
  const fill = (given: Schema, source: unknown): unknown => {
    const schema = resolveRef(given, root);
    if (Array.isArray(schema['anyOf'])) {
      const options = schema['anyOf'] as Schema[];
      const empty = source === undefined || source === null || source === '';
      const chosen = options.find((option) => typesOf(option).includes('null') === empty) ?? options[0];
      return fill(chosen ?? {}, source);
    }
    if ('const' in schema) return schema['const'];
    if (Array.isArray(schema['enum'])) return fillEnum(schema['enum'] as unknown[], source);
    const types = typesOf(schema);
    if (types.includes('null') && (source === undefined || source === null || source === '')) return null;
    if (types.includes('object') || schema['properties'] !== undefined) {
      const known = (typeof source === 'object' && source !== null ? source : {}) as Facts;
      const properties = Object.entries((schema['properties'] ?? {}) as Record<string, Schema>);
      return Object.fromEntries(properties.map(([name, inner]) => [name, fill(inner, known[name] ?? facts[name])]));
    }
    if (types.includes('array')) {
      const items = (schema['items'] ?? {}) as Schema;
      const { minItems = 0, maxItems = Infinity } = schema as { minItems?: number; maxItems?: number };
      const sources: unknown[] = Array.isArray(source) ? source.slice(0, maxItems) : [];
      while (sources.length < minItems) sources.push(undefined);
      return sources.map((item) => fill(items, item));
    }
    if (types.includes('number') || types.includes('integer')) return fillNumber(schema, source);
    if (types.includes('boolean')) return source === true;
    if (types.every((type) => type === 'null')) return null;
    return typeof source === 'string' ? source.slice(0, typeof schema['maxLength'] === 'number' ? schema['maxLength'] : undefined) : '';
  };
  return fill(root, facts);
};
