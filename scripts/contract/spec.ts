import { readFile } from 'node:fs/promises';
import { Ajv, type ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';

interface Parameter {
  name: string;
  in: string;
  schema: object;
}

interface Content {
  content?: Record<string, { schema: object }>;
  $ref?: string;
}

export interface Operation {
  /** Such as `POST /audio/transcriptions`. */
  name: string;
  parameters: Parameter[];
  requestBody?: Content;
  responses: Record<string, Content>;
}

/** A provider's own OpenAPI description. */
export interface Spec {
  /** The operation of a request; null: the provider describes none there. */
  operation(method: string, path: string): Operation | null;
  /** Validates by a schema of the description. Text is read as the type that the schema wants where `fromText` is set, as in a form. */
  validator(schema: object, options?: { fromText: boolean }): ValidateFunction;
  /** The properties that the schema names, through its references; null where it does not say. */
  properties(schema: object): Set<string> | null;
  resolve<Part extends object>(part: Part): Part;
}

type Document = Record<string, unknown> & {
  paths: Record<string, Record<string, Omit<Operation, 'name' | 'parameters'> & { parameters?: Parameter[] }>>;
};

/** Reads a description; `prefix` is the part of our paths that its server address has already. */
export async function readSpec(file: string, prefix = ''): Promise<Spec> {
  const document = withNullTypes(JSON.parse(await readFile(file, 'utf8'))) as Document;
  const ajvFor = (coerceTypes: boolean | 'array') => {
    const ajv = new Ajv({ strict: false, allErrors: true, coerceTypes, validateFormats: true, logger: false });
    addFormats.default(ajv);
    // RFC 2822, such as `Tue, 31 Aug 2010 20:36:28 +0000`.
    ajv.addFormat('date-time-rfc-2822', /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} [+-]\d{4}$/);
    // Twilio's own examples of `uri` are relative.
    ajv.addFormat('uri', /^\S+$/);
    ajv.addSchema(document, 'spec');
    return ajv;
  };
  const exact = ajvFor(false);
  const fromForm = ajvFor('array');

  const at = (pointer: string): unknown =>
    pointer
      .slice(2)
      .split('/')
      .reduce<unknown>(
        (part, key) => (part as Record<string, unknown> | undefined)?.[key.replaceAll('~1', '/').replaceAll('~0', '~')],
        document,
      );
  const resolve = <Part extends object>(part: Part): Part =>
    '$ref' in part && typeof part.$ref === 'string' ? resolve(at(part.$ref) as Part) : part;

  const properties = (schema: object): Set<string> | null => {
    const {
      properties: own,
      allOf,
      anyOf,
      oneOf,
    } = resolve(schema) as { properties?: object; allOf?: object[]; anyOf?: object[]; oneOf?: object[] };
    const parts = [...(allOf ?? []), ...(anyOf ?? []), ...(oneOf ?? [])].map(properties);
    if (!own && parts.every((part) => part === null)) return null;
    return new Set([...Object.keys(own ?? {}), ...parts.flatMap((part) => [...(part ?? [])])]);
  };

  return {
    operation(method, path) {
      const wanted = path.startsWith(prefix) ? path.slice(prefix.length) : path;
      for (const [template, operations] of Object.entries(document.paths)) {
        const pattern = new RegExp(`^${template.replaceAll('.', '\\.').replaceAll(/\{[^}]+\}/g, '[^/]+?')}$`);
        const operation = operations[method.toLowerCase()];
        if (!operation || !pattern.test(wanted)) continue;
        return { ...operation, name: `${method} ${template}`, parameters: (operation.parameters ?? []).map(resolve) };
      }
      return null;
    },
    validator: (schema, { fromText } = { fromText: false }) => (fromText ? fromForm : exact).compile(absolute(schema)),
    properties,
    resolve,
  };
}

/** References that begin in the description, whatever they are compiled apart from it. */
const absolute = (schema: object): object => JSON.parse(JSON.stringify(schema).replaceAll('"$ref":"#/', '"$ref":"spec#/')) as object;

/** OpenAPI 3.0 says `nullable: true` where JSON Schema has the type `null`. */
function withNullTypes(part: unknown): unknown {
  if (Array.isArray(part)) return part.map(withNullTypes);
  if (typeof part !== 'object' || part === null) return part;
  const { nullable, ...rest } = Object.fromEntries(Object.entries(part).map(([key, value]) => [key, withNullTypes(value)]));
  if (nullable !== true) return nullable === undefined ? rest : { ...rest, nullable };
  if (Array.isArray(rest['enum'])) {
    const { type: _type, enum: words, ...others } = rest as { type?: unknown; enum: unknown[] };
    return { ...others, enum: [...words, null] };
  }
  return typeof rest['type'] === 'string' ? { ...rest, type: [rest['type'], 'null'] } : { anyOf: [rest, { type: 'null' }] };
}
