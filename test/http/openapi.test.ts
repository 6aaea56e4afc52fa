import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { NewDelivery } from '#src/http/deliveries/request.ts';
import { PUBLIC_URL, webWorld, type WebWorld } from '#test/support/web-world.ts';

interface Media {
  content?: Record<string, { schema: object }>;
  description?: string;
}
interface Operation {
  summary?: string;
  security?: object[];
  parameters?: { name: string; in: string; required?: boolean; schema: object; description?: string }[];
  requestBody?: Media & { required?: boolean };
  responses: Record<string, Media>;
}
interface Description {
  openapi: string;
  info: { title: string; version: string };
  servers: { url: string }[];
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, object>; securitySchemes: Record<string, { type: string; scheme: string }> };
}

let world: WebWorld;
let description: Description;
beforeAll(async () => {
  world = await webWorld();
  const answer = await world.app.inject('/openapi.json');
  expect(answer.statusCode, answer.body).toBe(200);
  expect(answer.headers['content-type']).toMatch(/^application\/json/);
  description = answer.json();
});

const operation = (method: string, path: string): Operation => {
  const found = description.paths[path]?.[method];
  if (!found) throw new Error(`${method} ${path} is not described`);
  return found;
};
const schemaOf = (media: Media | undefined, type = 'application/json') => media?.content?.[type]?.schema ?? {};

/** A validator of a schema in the description; schemas that are referred to are found in it. */
function validator(schema: object) {
  const ajv = new Ajv2020({ strict: false });
  addFormats.default(ajv);
  ajv.addSchema(description, 'https://api.example/openapi.json');
  const pointed = JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"https://api.example/openapi.json#/')) as object;
  return ajv.compile(pointed);
}

/** `get /v1/things/{id}`, from Fastify's own tree of routes: `│   └── /:id (GET, HEAD)`, four characters a level. */
function routesOf(tree: string): string[] {
  const parents: string[] = [];
  const routes = tree.split('\n').flatMap((line) => {
    const [, indent = '', part = '', , methods = ''] = /^(.*?)[├└]── (\S+)( \((.*)\))?$/.exec(line) ?? [];
    parents.splice(indent.length / 4, Infinity, part);
    const path = parents.join('').replaceAll(/:(\w+)/g, '{$1}');
    return methods.split(', ').flatMap((method) => (method === '' || method === 'HEAD' ? [] : [`${method.toLowerCase()} ${path}`]));
  });
  return routes.toSorted();
}

describe('/openapi.json', () => {
  it('is OpenAPI 3.1: says who, where, and how to sign in; every reference has its target', () => {
    expect(description.openapi).toMatch(/^3\.1\./);
    expect(description.info).toMatchObject({ title: 'DelAuto', version: expect.stringMatching(/./) });
    expect(description.servers).toEqual([{ url: PUBLIC_URL }]);
    expect(description.components.securitySchemes).toEqual({ apiKey: { type: 'http', scheme: 'bearer' } });
    const references = [...JSON.stringify(description).matchAll(/"\$ref":"([^"]+)"/g)].map(([, reference]) => reference ?? '');
    expect(references.length).toBeGreaterThan(0);
    for (const reference of references) {
      const [root, ...path] = reference.split('/');
      expect(root).toBe('#');
      const target = path.reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], description);
      expect(target, reference).toBeDefined();
    }
  });

  it('describes the routes of /v1, all of them and nothing else', () => {
    const described = Object.entries(description.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method} ${path}`),
    );
    expect(described.toSorted()).toEqual([
      'get /v1/deliveries',
      'get /v1/deliveries/{id}',
      'post /v1/deliveries',
      'post /v1/deliveries/{id}/cancel',
    ]);
    expect(described.toSorted()).toEqual(
      routesOf(world.app.printRoutes({ commonPrefix: false })).filter((route) => route.includes(' /v1/')),
    );
  });

  it('says of each what it does, that it needs a key, what it answers and which problems it may have', () => {
    for (const [path, methods] of Object.entries(description.paths)) {
      for (const [method, { summary, security, responses, parameters = [] }] of Object.entries(methods)) {
        const name = `${method} ${path}`;
        expect(summary, name).toMatch(/\S/);
        expect(security, name).toEqual([{ apiKey: [] }]);
        expect(
          Object.keys(responses).some((status) => status.startsWith('2')),
          name,
        ).toBe(true);
        for (const status of ['400', '401', '403', '429', '503']) expect(Object.keys(responses), name).toContain(status);
        for (const [status, response] of Object.entries(responses)) {
          expect(response.description, name).toMatch(/\S/);
          const type = status.startsWith('2') ? 'application/json' : 'application/problem+json';
          expect(Object.keys(response.content ?? {}), `${name} ${status}`).toEqual([type]);
          expect(() => validator(schemaOf(response, type))).not.toThrow();
        }
        for (const { schema } of parameters) expect(() => validator(schema)).not.toThrow();
        expect(parameters.filter((parameter) => parameter.in === 'path').map((parameter) => parameter.name)).toEqual(
          [...path.matchAll(/\{(\w+)\}/g)].map(([, parameter]) => parameter),
        );
      }
    }
  });

  it('describes what the very schemas take that validate', () => {
    const { requestBody } = operation('post', '/v1/deliveries');
    const described = JSON.parse(JSON.stringify(schemaOf(requestBody))) as Record<string, unknown>;
    const generated = z.toJSONSchema(NewDelivery, { target: 'draft-2020-12', io: 'input', unrepresentable: 'any' }) as Record<
      string,
      unknown
    >;
    expect(described['required']).toEqual(generated['required']);
    expect(Object.keys(described['properties'] as object)).toEqual(Object.keys(NewDelivery.shape));
    expect(described['additionalProperties']).toBe(false);
    const takes = validator(described);
    expect(takes(JSON.parse(JSON.stringify(world.order())))).toBe(true);
    for (const wrong of [{ address: undefined }, { colour: 'red' }, { priority: 'now' }, { max_retries: 11 }]) {
      expect(takes(JSON.parse(JSON.stringify(world.order(wrong))))).toBe(false);
    }
  });

  it('documents the idempotency key and the parameters of the list', () => {
    const { parameters = [] } = operation('post', '/v1/deliveries');
    expect(parameters).toMatchObject([
      {
        name: 'idempotency-key',
        in: 'header',
        description: expect.stringMatching(/seven days/),
        schema: { type: 'string', maxLength: 255 },
      },
    ]);
    expect(parameters[0]?.required ?? false).toBe(false);
    const list = operation('get', '/v1/deliveries').parameters ?? [];
    expect(list.map(({ name }) => name).toSorted()).toEqual(['cursor', 'customer_id', 'limit', 'status']);
    expect(list.filter(({ required }) => required)).toEqual([]);
  });

  it('is true of what is answered', async () => {
    const submitted = await world.submit(world.order({ external_id: 'described' }));
    const id = submitted.json().id as string;
    const answers = [
      ['post', '/v1/deliveries', submitted],
      ['get', '/v1/deliveries', await world.get('/v1/deliveries')],
      ['get', '/v1/deliveries/{id}', await world.get(`/v1/deliveries/${id}`)],
      ['get', '/v1/deliveries/{id}', await world.get('/v1/deliveries/5')],
      ['post', '/v1/deliveries', await world.submit({})],
      ['post', '/v1/deliveries', await world.submit(world.order({ external_id: 'described' }))],
      ['post', '/v1/deliveries/{id}/cancel', await world.cancel(id)],
      ['get', '/v1/deliveries', await world.app.inject('/v1/deliveries')],
    ] as const;
    for (const [method, path, answer] of answers) {
      const [type = ''] = String(answer.headers['content-type']).split(';');
      const schema = schemaOf(operation(method, path).responses[answer.statusCode], type);
      const fits = validator(schema);
      expect(schema, `${path} ${answer.statusCode}`).not.toEqual({});
      expect(fits(answer.json()), JSON.stringify(fits.errors)).toBe(true);
    }
  });
});
