import type { ErrorObject } from 'ajv';
import type { Operation, Spec } from './spec.ts';
import type { Exchange } from './tap.ts';

export interface Verdict {
  operation: string;
  status: number;
  /** One line a fault; empty: the exchange is as the provider describes it. */
  faults: string[];
}

/** Holds one exchange, our request and the answer, to the provider's description. */
export async function judge(exchange: Exchange, spec: Spec): Promise<Verdict> {
  const url = new URL(exchange.target, 'http://localhost');
  const operation = spec.operation(exchange.method, url.pathname);
  if (!operation)
    return {
      operation: `${exchange.method} ${url.pathname}`,
      status: exchange.status,
      faults: ['the provider describes no such operation'],
    };
  const faults = [
    ...queryFaults(url.searchParams, operation, spec),
    ...(await requestFaults(exchange, operation, spec)),
    ...responseFaults(exchange, operation, spec),
  ];
  return { operation: operation.name, status: exchange.status, faults };
}

function queryFaults(query: URLSearchParams, { parameters }: Operation, spec: Spec): string[] {
  return [...query].flatMap(([name, value]) => {
    const parameter = parameters.find((known) => known.in === 'query' && known.name === name);
    if (!parameter) return [`request: ${name} is no query parameter`];
    const validate = spec.validator({ type: 'object', properties: { [name]: parameter.schema } }, { fromText: true });
    return validate({ [name]: value }) ? [] : said('request', validate.errors);
  });
}

async function requestFaults(
  { requestBody, requestHeaders }: Exchange,
  { requestBody: described }: Operation,
  spec: Spec,
): Promise<string[]> {
  if (requestBody.length === 0) return [];
  const type = mediaType(requestHeaders['content-type']);
  const schema = described && spec.resolve(described).content?.[type]?.schema;
  if (!schema) return [`request: the body's type ${type} is not described`];
  const body = await parsed(requestBody, requestHeaders['content-type'] ?? '');
  const known = spec.properties(schema);
  const unknown = Object.keys(body).filter((name) => known && !known.has(name));
  const validate = spec.validator(schema, { fromText: type !== 'application/json' });
  return [...unknown.map((name) => `request: ${name} is no parameter`), ...(validate(body) ? [] : said('request', validate.errors))];
}

function responseFaults({ status, responseBody, responseHeaders }: Exchange, { responses }: Operation, spec: Spec): string[] {
  const described = responses[String(status)] ?? responses['default'];
  // Errors are described in prose only, by both providers; our tables of them have tests of their own.
  if (!described) return status >= 400 ? [] : [`answer: ${status} is not described`];
  const type = mediaType(responseHeaders['content-type']);
  const schema = spec.resolve(described).content?.[type]?.schema;
  if (!schema) return responseBody.length === 0 || status >= 400 ? [] : [`answer: the type ${type} is not described`];
  const validate = spec.validator(schema);
  return validate(JSON.parse(responseBody.toString('utf8'))) ? [] : said('answer', validate.errors);
}

/** A form's or a JSON body's fields. A file counts by being there: its content is no matter of the description. */
async function parsed(body: Buffer, contentType: string): Promise<Record<string, unknown>> {
  if (mediaType(contentType) === 'application/json') return JSON.parse(body.toString('utf8')) as Record<string, unknown>;
  const form = await new Response(new Uint8Array(body), { headers: { 'content-type': contentType } }).formData();
  const fields: Record<string, unknown> = {};
  for (const name of new Set(form.keys())) {
    const values = form.getAll(name).map((value) => (typeof value === 'string' ? value : value.name));
    fields[name] = values.length === 1 ? values[0] : values;
  }
  return fields;
}

const mediaType = (header = '') => header.split(';', 1)[0]?.trim() ?? '';
const said = (where: string, errors: ErrorObject[] | null | undefined) =>
  (errors ?? []).map(({ instancePath, message }) => `${where}: ${instancePath || 'body'} ${message ?? ''}`);
