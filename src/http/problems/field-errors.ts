import type { ZodFastifySchemaValidationError } from 'fastify-type-provider-zod';
import type { FieldError } from './http-problem.ts';

const PLACES: Record<string, FieldError['in']> = { body: 'body', querystring: 'query', params: 'path', headers: 'header' };

/** The part of a zod issue that we read. Its `input`, if there is one, stays where it is. */
interface Issue {
  code: string;
  path: string[];
  message: string;
  keys?: string[];
  /** One list for each member of a union. */
  errors?: Issue[][];
}

/** What zod found, as faults of named fields. `context` is Fastify's word for the part of the request. */
export function fieldErrors(found: ZodFastifySchemaValidationError[], context: string | undefined): FieldError[] {
  const place = PLACES[context ?? 'body'] ?? 'body';
  return found
    .map(toIssue)
    .flatMap((issue) => describe(issue, []))
    .map(({ field, message }) => ({ in: place, field, message }));
}

function toIssue({ keyword, instancePath, message = 'is not valid', params }: ZodFastifySchemaValidationError): Issue {
  const path = instancePath.split('/').slice(1);
  return { ...(params as Partial<Issue>), code: keyword, path: path[0] === '' ? [] : path, message };
}

function describe(issue: Issue, above: string[]): { field: string; message: string }[] {
  const path = [...above, ...issue.path.map(String)];
  if (issue.code === 'unrecognized_keys' && issue.keys) {
    return issue.keys.map((key) => ({ field: [...path, key.slice(0, 64)].join('.'), message: 'is not a known field' }));
  }
  // Of a union's members the one that the input comes closest to.
  const [closest] = (issue.errors ?? []).toSorted((one, other) => one.length - other.length);
  if (closest && closest.length > 0) return closest.flatMap((inner) => describe(inner, path));
  return [{ field: path.join('.'), message: issue.message }];
}
