import { ApiError } from './api-error.ts';

export type Schema = Readonly<Record<string, unknown>>;

const unsupported = ['allOf', 'not', 'if', 'then', 'else', 'dependentRequired', 'dependentSchemas', 'patternProperties'];

const isSchema = (value: unknown): value is Schema => typeof value === 'object' && value !== null && !Array.isArray(value);

/** The schemas directly inside one, each with its place. */
const inside = (schema: Schema): [place: string[], inner: Schema][] => {
  const named = (key: string) =>
    Object.entries((schema[key] ?? {}) as Schema).map(([name, inner]): [string[], unknown] => [[key, name], inner]);
  const listed = ((schema['anyOf'] ?? []) as unknown[]).map((inner, i): [string[], unknown] => [['anyOf', String(i)], inner]);
  const all: [string[], unknown][] = [
    ...named('properties'),
    ...named('$defs'),
    ...named('definitions'),
    ...listed,
    [['items'], schema['items']],
  ];
  return all.filter((entry): entry is [string[], Schema] => isSchema(entry[1]));
};

const isObject = (schema: Schema): boolean => [schema['type']].flat().includes('object') || schema['properties'] !== undefined;

const complaint = (schema: Schema): string | null => {
  const bad = unsupported.find((keyword) => keyword in schema);
  if (bad !== undefined) return `'${bad}' is not permitted.`;
  if (!isObject(schema)) return null;
  if (schema['additionalProperties'] !== false) return "'additionalProperties' is required to be supplied and to be false.";
  const required = Array.isArray(schema['required']) ? schema['required'] : [];
  const missing = Object.keys((schema['properties'] ?? {}) as Schema).find((name) => !required.includes(name));
  return missing === undefined
    ? null
    : `'required' is required to be supplied and to be an array including every key in properties. Missing '${missing}'.`;
};

/**
 * Refuses a strict schema as OpenAI does, with an ApiError of status 400: its root is an object, every property is required, no others are allowed
 * (developers.openai.com/api/docs/guides/structured-outputs, supported schemas).
 */
export const checkStrictSchema = (name: string, root: Schema): void => {
  const refuse = (place: string[], message: string): never => {
    const context = place.map((part) => `'${part}'`).join(', ');
    throw new ApiError(400, `Invalid schema for response_format '${name}': In context=(${context}), ${message}`, {
      param: 'response_format',
    });
  };
  const type = typeof root['type'] === 'string' ? root['type'] : 'None';
  if (type !== 'object') refuse([], `schema must be a JSON Schema of 'type: "object"', got 'type: "${type}"'.`);
  const check = (schema: Schema, place: string[]): void => {
    const message = complaint(schema);
    if (message !== null) refuse(place, message);
    for (const [step, inner] of inside(schema)) check(inner, [...place, ...step]);
  };
  check(root, []);
};
